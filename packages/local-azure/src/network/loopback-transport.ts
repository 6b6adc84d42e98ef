import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline'

/**
 * A transport for the Azure SDK that sends every request to the loopback server for its host. The SDK itself behaves as
 * with Azure, and sends its token.
 */
export function loopbackTransport(resolve: (url: string) => string): HttpClient {
  const transport = createDefaultHttpClient()
  return {
    // Changes a copy, because the SDK reads the URL of the request again when it follows Location.
    sendRequest: (request) =>
      transport.sendRequest({ ...request, url: resolve(request.url), allowInsecureConnection: true }),
  }
}
