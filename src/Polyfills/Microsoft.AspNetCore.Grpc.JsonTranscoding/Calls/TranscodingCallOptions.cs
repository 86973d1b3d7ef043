using Grpc.AspNetCore.Server;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>The options of Grpc.AspNetCore.Server that a transcoded call follows, those of the service before the global ones.</summary>
/// <param name="Interceptors">Global ones first.</param>
/// <param name="MaxReceiveMessageSize">Largest body in bytes; null for no limit.</param>
/// <param name="EnableDetailedErrors">Whether clients see the messages of unexpected exceptions.</param>
internal sealed record TranscodingCallOptions(
    IReadOnlyList<InterceptorRegistration> Interceptors, int? MaxReceiveMessageSize, bool EnableDetailedErrors)
{
    public static TranscodingCallOptions Merge(GrpcServiceOptions global, GrpcServiceOptions service) => new(
        [.. global.Interceptors, .. service.Interceptors],
        service.MaxReceiveMessageSize ?? global.MaxReceiveMessageSize,
        service.EnableDetailedErrors ?? global.EnableDetailedErrors ?? false);
}
