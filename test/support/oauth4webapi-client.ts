import * as oauth from 'oauth4webapi';

type Parameters = Readonly<Record<string, string>>;

/** The demo's issuer is on plain http, which this library has to be told. */
export const INSECURE = { [oauth.allowInsecureRequests]: true }; // eslint-disable-line @typescript-eslint/no-deprecated -- named so that it stands out, not because it will go

/** An app that uses `oauth4webapi` as its documentation says: every request with the check of its answer. */
export class WebApiClient {
  private readonly client: oauth.Client;
  private readonly options: oauth.TokenEndpointRequestOptions;
  readonly verifier = oauth.generateRandomCodeVerifier();
  readonly state = oauth.generateRandomState();

  constructor(
    readonly server: oauth.AuthorizationServer,
    clientId: string,
    private readonly redirectUri: string,
    private readonly authentication: oauth.ClientAuth,
    DPoP?: oauth.DPoPHandle,
  ) {
    this.client = { client_id: clientId };
    this.options = { ...INSECURE, ...(DPoP !== undefined && { DPoP }) };
  }

  async authorizationRequest(scope: string): Promise<Record<string, string>> {
    return {
      client_id: this.client.client_id,
      redirect_uri: this.redirectUri,
      response_type: 'code',
      scope,
      state: this.state,
      code_challenge: await oauth.calculatePKCECodeChallenge(this.verifier),
      code_challenge_method: 'S256',
    };
  }

  authorizationUrl(parameters: Parameters): URL {
    const url = new URL(this.server.authorization_endpoint ?? '');
    url.search = new URLSearchParams(parameters).toString();
    return url;
  }

  async push(parameters: Record<string, string>): Promise<oauth.PushedAuthorizationResponse> {
    const { server, client, authentication, options } = this;
    return oauth.processPushedAuthorizationResponse(
      server,
      client,
      await oauth.pushedAuthorizationRequest(server, client, authentication, parameters, options),
    );
  }

  async redeem(redirect: URL): Promise<oauth.TokenEndpointResponse> {
    const { server, client, authentication, redirectUri, verifier, options } = this;
    const answer = oauth.validateAuthResponse(server, client, redirect, this.state);
    return oauth.processAuthorizationCodeResponse(
      server,
      client,
      await oauth.authorizationCodeGrantRequest(
        server,
        client,
        authentication,
        answer,
        redirectUri,
        verifier,
        options,
      ),
    );
  }

  async refresh(refreshToken: string): Promise<oauth.TokenEndpointResponse> {
    const { server, client, authentication, options } = this;
    return oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(server, client, authentication, refreshToken, options),
    );
  }

  async clientCredentials(
    parameters: Record<string, string>,
  ): Promise<oauth.TokenEndpointResponse> {
    const { server, client, authentication, options } = this;
    return oauth.processClientCredentialsResponse(
      server,
      client,
      await oauth.clientCredentialsGrantRequest(
        server,
        client,
        authentication,
        parameters,
        options,
      ),
    );
  }

  async userInfo(token: string, subject: string): Promise<oauth.UserInfoResponse> {
    const { server, client } = this;
    const answer = await oauth.userInfoRequest(server, client, token, INSECURE);
    return oauth.processUserInfoResponse(server, client, subject, answer);
  }

  async introspect(token: string): Promise<oauth.IntrospectionResponse> {
    const { server, client, authentication } = this;
    return oauth.processIntrospectionResponse(
      server,
      client,
      await oauth.introspectionRequest(server, client, authentication, token, INSECURE),
    );
  }

  async revoke(token: string): Promise<void> {
    const { server, client, authentication } = this;
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, authentication, token, INSECURE),
    );
  }
}
