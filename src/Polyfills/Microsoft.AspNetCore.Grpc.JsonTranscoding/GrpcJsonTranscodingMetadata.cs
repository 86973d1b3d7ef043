using Google.Api;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding;

/// <summary>Endpoint metadata: the rpc and the one HTTP rule that the endpoint serves.</summary>
/// <param name="methodDescriptor">The rpc.</param>
/// <param name="httpRule">
/// The rule. An additional binding has its own endpoint and is given here itself, without the rule that contains it.
/// </param>
public sealed class GrpcJsonTranscodingMetadata(MethodDescriptor methodDescriptor, HttpRule httpRule)
{
    /// <summary>The rpc that the endpoint calls.</summary>
    public MethodDescriptor MethodDescriptor { get; } = methodDescriptor;

    /// <summary>The rule that the endpoint was made from.</summary>
    public HttpRule HttpRule { get; } = httpRule;
}
