using System.Net;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Monitor.Protocol;

namespace Monitor.Server;

/// <summary>
/// The page at <c>/</c>: what this is, and where to go. One file without scripts and without anything from elsewhere.
/// </summary>
internal sealed class StartPage(EndpointDataSource endpoints, MonitorServerOptions options, ServerEndPoints endPoints)
{
    /// <summary>The page for a client that reached the server by an address of its own.</summary>
    /// <param name="origin">That address, for example <c>http://node-1:8080</c>.</param>
    /// <param name="host">Its host name alone.</param>
    public string Html(string origin, string host)
    {
        var node = options.NodeName.Length == 0 ? "" : $" on {Encode(options.NodeName)}";
        var version = options.Version.Length == 0 ? "" : $", version {Encode(options.Version)}";
        var grpc = Encode($"{host}:{endPoints.Grpc.Port}");
        return $$"""
            <!DOCTYPE html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>Network monitor{{node}}</title>
            <style>
              body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
              pre { background: #8882; padding: .5rem .8rem; overflow-x: auto; margin: .2rem 0 1rem; }
              h2 { font-size: 1.1rem; margin-bottom: .2rem; }
              :root { color-scheme: light dark; }
            </style>
            <h1>Network monitor</h1>
            <p>The {{Encode(options.Component)}}{{node}}{{version}}. It tells what happens on the network as the kernel sees
            it: connection attempts, dropped packets, and why.</p>
            <p><a href="swagger">Try the API in Swagger UI</a> · <a href="openapi.json">OpenAPI document</a> ·
            <a href="api/events?limit=10">latest events</a> · <a href="api/events/stream">events as they happen</a> ·
            <a href="health">health</a></p>
            {{Operations(origin)}}
            <h2>gRPC</h2>
            <p>The same services, at {{grpc}}.</p>
            <pre>grpcurl {{(endPoints.HasTls ? "-cacert CA.pem" : "-plaintext")}} {{grpc}} list</pre>
            </html>

            """;
    }

    private string Operations(string origin)
    {
        var html = new StringBuilder();
        foreach (var operation in RestOperation.All(endpoints))
        {
            foreach (var method in operation.HttpMethods)
            {
                var title = Markdown.Title(ContractComments.OfContract.Find(operation.Method.FullName));
                html.Append("<h2>").Append(Encode($"{method} {operation.Path.Text}")).Append("</h2>\n");
                html.Append("<p>").Append(Encode(title)).Append(".</p>\n");
                html.Append("<pre>").Append(Encode(Curl(method, operation, origin))).Append("</pre>\n");
            }
        }

        return html.ToString();
    }

    private static string Curl(HttpMethod method, RestOperation operation, string origin)
    {
        var arguments = operation.IsStream ? " -N" : "";
        if (operation.Rule.Body.Length > 0)
        {
            arguments += " -H 'Content-Type: application/json' -d '{}'";
        }

        if (method != HttpMethod.Get && !(method == HttpMethod.Post && operation.Rule.Body.Length > 0))
        {
            arguments += $" -X {method}";
        }

        return $"curl{arguments} '{origin}{operation.Path.Text}'";
    }

    private static string Encode(string? text) => WebUtility.HtmlEncode(text) ?? "";
}
