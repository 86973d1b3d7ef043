using Google.Api;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Routing;

namespace Monitor.Server;

/// <summary>An rpc at the place where one http rule puts it.</summary>
/// <param name="Method">The rpc.</param>
/// <param name="Rule">The rule: that of the rpc, or one of its additional bindings.</param>
internal sealed record RestOperation(MethodDescriptor Method, HttpRule Rule)
{
    /// <summary>The path of the rule. Empty where the rule has none.</summary>
    public RestPath Path { get; } = RestPath.Parse(Rule.PatternCase switch
    {
        HttpRule.PatternOneofCase.Get => Rule.Get,
        HttpRule.PatternOneofCase.Put => Rule.Put,
        HttpRule.PatternOneofCase.Post => Rule.Post,
        HttpRule.PatternOneofCase.Delete => Rule.Delete,
        HttpRule.PatternOneofCase.Patch => Rule.Patch,
        HttpRule.PatternOneofCase.Custom => Rule.Custom.Path,
        _ => "",
    });

    /// <summary>The HTTP methods of the rule. HEAD, which every GET answers too, is not among them.</summary>
    public IReadOnlyList<HttpMethod> HttpMethods { get; } = Rule.PatternCase switch
    {
        HttpRule.PatternOneofCase.Get => [HttpMethod.Get],
        HttpRule.PatternOneofCase.Put => [HttpMethod.Put],
        HttpRule.PatternOneofCase.Post => [HttpMethod.Post],
        HttpRule.PatternOneofCase.Delete => [HttpMethod.Delete],
        HttpRule.PatternOneofCase.Patch => [HttpMethod.Patch],
        // A rule for all methods.
        HttpRule.PatternOneofCase.Custom when Rule.Custom.Kind == "*" =>
            [HttpMethod.Get, HttpMethod.Put, HttpMethod.Post, HttpMethod.Delete, HttpMethod.Patch],
        HttpRule.PatternOneofCase.Custom => [new HttpMethod(Rule.Custom.Kind.ToUpperInvariant())],
        _ => [],
    };

    /// <summary>Whether the response is a stream: a line of JSON for each message.</summary>
    public bool IsStream => Method.IsServerStreaming;

    /// <summary>What is mapped, in the order of services, rpcs and rules.</summary>
    public static IReadOnlyList<RestOperation> All(EndpointDataSource endpoints) =>
        [.. endpoints.Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>())
            .OfType<GrpcJsonTranscodingMetadata>()
            .Select(metadata => new RestOperation(metadata.MethodDescriptor, metadata.HttpRule))];
}
