from typing import Any

import pytest

from local.errors import StackError
from local.intrinsics import Scope, resolve

SCOPE = Scope(
    references={"Stage": "live", "Origins": ["a", "b"], "Empty": "", "AWS::Region": "us-east-1"},
    attributes={"Function.Arn": "arn:function"},
    conditions={
        "Yes": {"Fn::Equals": [{"Ref": "Stage"}, "live"]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Either": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]},
    },
)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ("text", "text"),
        (None, None),
        ({"Ref": "Origins"}, ["a", "b"]),
        ({"a": [{"Ref": "Stage"}]}, {"a": ["live"]}),
        ({"Fn::GetAtt": ["Function", "Arn"]}, "arn:function"),
        ({"Fn::GetAtt": "Function.Arn"}, "arn:function"),
        ({"Fn::Sub": "${Function.Arn}/${AWS::Region}/${!Kept}"}, "arn:function/us-east-1/${!Kept}"),
        ({"Fn::Sub": ["${Own}-${Stage}", {"Own": {"Ref": "AWS::Region"}}]}, "us-east-1-live"),
        ({"Fn::If": ["Yes", 1, 2]}, 1),
        ({"Fn::If": ["No", 1, 2]}, 2),
        ({"Fn::If": ["Both", 1, 2]}, 2),
        ({"Fn::If": ["Either", 1, 2]}, 1),
        ({"a": {"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}, "b": 2}, {"b": 2}),
        ([1, {"Ref": "AWS::NoValue"}], [1]),
        ({"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]}, "a-live"),
        ({"Fn::Split": [",", "a,b"]}, ["a", "b"]),
        ({"Fn::Select": ["1", {"Ref": "Origins"}]}, "b"),
    ],
)
def test_resolves(node: Any, value: Any) -> None:
    assert resolve(node, SCOPE) == value


@pytest.mark.parametrize(
    "node",
    [{"Ref": "Nothing"}, {"Fn::GetAtt": ["Table", "Arn"]}, {"Fn::Sub": "${Nothing}"}],
)
def test_names_what_it_does_not_know(node: Any) -> None:
    with pytest.raises(StackError, match=r"Nothing|Table\.Arn"):
        resolve(node, SCOPE)


def test_names_functions_that_it_does_not_know() -> None:
    with pytest.raises(StackError, match="Fn::ImportValue"):
        resolve({"Fn::ImportValue": "x"}, SCOPE)
