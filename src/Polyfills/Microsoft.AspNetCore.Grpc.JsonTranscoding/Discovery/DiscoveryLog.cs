using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Discovery;

/// <summary>What finding the routes of a service logs.</summary>
internal static partial class DiscoveryLog
{
    [LoggerMessage(21, LogLevel.Warning, "Could not find bind method for {ServiceType}.")]
    public static partial void BindMethodNotFound(ILogger logger, Type serviceType);

    [LoggerMessage(22, LogLevel.Warning, "Could not find the service descriptor of {ServiceType}.")]
    public static partial void DescriptorNotFound(ILogger logger, Type serviceType);

    [LoggerMessage(23, LogLevel.Warning, "Unable to find method descriptor for {MethodName} on {ServiceType}.")]
    public static partial void MethodDescriptorNotFound(ILogger logger, string methodName, Type serviceType);

    [LoggerMessage(24, LogLevel.Warning, "Unable to bind {MethodName} on {ServiceName} to gRPC JSON transcoding. Client and bidirectional streaming methods are not supported.")]
    public static partial void StreamingNotSupported(ILogger logger, string methodName, string serviceName);

    [LoggerMessage(25, LogLevel.Trace, "{MethodName} of {ServiceName} is served at {HttpMethod} {Path}.")]
    public static partial void RouteAdded(ILogger logger, string methodName, string serviceName, string httpMethod, string path);
}
