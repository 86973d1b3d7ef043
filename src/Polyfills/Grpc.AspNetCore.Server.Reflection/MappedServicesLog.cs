using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Reflection;

internal static partial class MappedServicesLog
{
    [LoggerMessage(
        1, LogLevel.Debug, "Reflection does not describe '{ServiceType}': it has no descriptor.",
        EventName = "ServiceWithoutDescriptor")]
    internal static partial void ServiceWithoutDescriptor(ILogger logger, Type serviceType);
}
