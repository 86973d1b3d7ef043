using System.Text;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Monitor.Protocol;

namespace Monitor.Server;

/// <summary>The OpenAPI document of this server as JSON, made when it is first asked for. Thread-safe.</summary>
internal sealed class ServedDocument(
    EndpointDataSource endpoints, IOptions<GrpcJsonTranscodingOptions> transcoding, MonitorServerOptions options)
{
    private const string Description = """
        What happens on the network, as the kernel sees it: connection attempts, dropped packets, and why.

        The same services answer over gRPC, on a port of their own, and as JSON here. A parameter that does not exist, or
        is given twice where it takes one value, is an error and never ignored. Errors are JSON: `code`, `message` and
        `details` of google.rpc.Status. A list is a parameter repeated: `?type=connection&type=packet_drop`.
        """;

    private readonly Lazy<byte[]> _json = new(() => Write(endpoints, transcoding.Value.JsonSettings, options));

    public ReadOnlyMemory<byte> Json => _json.Value;

    private static byte[] Write(EndpointDataSource endpoints, GrpcJsonSettings json, MonitorServerOptions options)
    {
        var info = new OpenApiInfo
        {
            Title = $"Network monitor, {options.Component}",
            // The document must have a version, and the option may be empty.
            Version = options.Version.Length == 0 ? "unknown" : options.Version,
            Description = Description,
        };
        var document = new DocumentBuilder(ContractComments.OfContract, ContractFacts.Fields, json)
            .Build(info, RestOperation.All(endpoints));
        using var text = new StringWriter { NewLine = "\n" };
        // 3.1 and not 3.0: there an example belongs to the schema, and a reference can have a description.
        document.SerializeAsV31(new OpenApiJsonWriter(text));
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
