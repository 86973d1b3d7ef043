using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding;

/// <summary>Options of JSON transcoding, for all services of the application.</summary>
public sealed class GrpcJsonTranscodingOptions
{
    /// <summary>The types that <c>google.protobuf.Any</c> values may hold. None by default.</summary>
    public TypeRegistry TypeRegistry { get; set; } = TypeRegistry.Empty;

    /// <summary>How messages are written as JSON and read from it. Read once, when the first service is mapped.</summary>
    public GrpcJsonSettings JsonSettings { get; set; } = new();
}
