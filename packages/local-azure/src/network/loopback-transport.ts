import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline'

/**
 * A transport for the Azure SDK that leads every request to the loopback server that stands for its host. The SDK
 * itself believes that it talks to Azure, and sends its token as it does there.
 */
export function loopbackTransport(resolve: (url: string) => string): HttpClient {
  const transport = createDefaultHttpClient()
  return {
    // A copy: the SDK reads the request's own address again when it follows Location.
    sendRequest: (request) =>
      transport.sendRequest({ ...request, url: resolve(request.url), allowInsecureConnection: true }),
  }
}
