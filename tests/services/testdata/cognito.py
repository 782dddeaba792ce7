"""A player signs up with Cognito, as moto emulates it; prints tokens and key set."""

import json
import sys

import boto3
from moto import mock_aws

with mock_aws():
    client = boto3.client("cognito-idp", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    pool = client.create_user_pool(PoolName="game")["UserPool"]["Id"]
    app = client.create_user_pool_client(
        UserPoolId=pool, ClientName="game", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    client.sign_up(ClientId=app, Username="player", Password="Secret-123")
    client.admin_confirm_sign_up(UserPoolId=pool, Username="player")
    tokens = client.initiate_auth(
        ClientId=app,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "player", "PASSWORD": "Secret-123"},
    )["AuthenticationResult"]
    import requests

    issuer = f"https://cognito-idp.eu-west-1.amazonaws.com/{pool}"
    keys = requests.get(f"{issuer}/.well-known/jwks.json").json()
    print(
        json.dumps(
            {
                "issuer": issuer,
                "client": app,
                "access": tokens["AccessToken"],
                "id": tokens["IdToken"],
                "keys": keys,
            }
        )
    )
