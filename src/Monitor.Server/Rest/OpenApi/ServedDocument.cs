using System.Text;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Monitor.Protocol;

namespace Monitor.Server;

/// <summary>
/// The OpenAPI document of this server as JSON, made when it is first asked for, and again when the user's own monitors have
/// changed. Thread-safe.
/// </summary>
internal sealed class ServedDocument(
    EndpointDataSource endpoints,
    IOptions<GrpcJsonTranscodingOptions> transcoding,
    MonitorServerOptions options,
    IProgramDirectory programs)
{
    private const string Description = """
        What happens on the network, as the kernel sees it: connection attempts, dropped packets, and why.

        The same services answer over gRPC, on a port of their own, and as JSON here. A parameter that does not exist, or
        is given twice where it takes one value, is an error and never ignored. Errors are JSON: `code`, `message` and
        `details` of google.rpc.Status. A list is a parameter repeated: `?type=connection&type=packet_drop`.
        """;

    private volatile byte[]? _withoutMonitors;
    private volatile Written? _written;

    /// <summary>The document as it is now.</summary>
    /// <param name="withMonitors">Whether the user's own monitors are in it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(bool withMonitors, CancellationToken cancellationToken)
    {
        if (!withMonitors)
        {
            return _withoutMonitors ??= Write([]);
        }

        var monitors = MonitorComponents.Distinct(await programs.GetProgramsAsync(cancellationToken));
        var version = string.Join(' ', monitors.Select(monitor => $"{monitor.Name}:{monitor.Schema.ObjectSha256}"));
        if (_written is not { } written || written.Version != version)
        {
            // Two that ask at once both make it; they make the same.
            _written = written = new Written(version, Write(monitors));
        }

        return written.Json;
    }

    private byte[] Write(IReadOnlyList<V1.Program> monitors)
    {
        var json = transcoding.Value.JsonSettings;
        var info = new OpenApiInfo
        {
            Title = $"Network monitor, {options.Component}",
            // The document must have a version, and the option may be empty.
            Version = options.Version.Length == 0 ? "unknown" : options.Version,
            Description = Description,
        };
        var document = new DocumentBuilder(ContractComments.OfContract, ContractFacts.Fields, json)
            .Build(info, RestOperation.All(endpoints));
        MonitorComponents.Add(document, monitors);
        using var text = new StringWriter { NewLine = "\n" };
        // 3.1 and not 3.0: there an example belongs to the schema, and a reference can have a description.
        document.SerializeAsV31(new OpenApiJsonWriter(text));
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private sealed record Written(string Version, byte[] Json);
}
