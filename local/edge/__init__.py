"""The one public host in front of the APIs, as CloudFront is on AWS."""
