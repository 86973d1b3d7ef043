using Microsoft.Extensions.Logging;

namespace Monitor.Server;

internal static partial class AccessLog
{
    [LoggerMessage(2301, LogLevel.Information, "{Files} changed and is in use")]
    public static partial void FileTaken(ILogger logger, string files);

    [LoggerMessage(2302, LogLevel.Warning, "{Problem} What it held before stays in use")]
    public static partial void FileRefused(ILogger logger, string problem);

    [LoggerMessage(2303, LogLevel.Warning, "Refused {Client}: {Reason}")]
    public static partial void Refused(ILogger logger, System.Net.IPAddress client, string reason);

    [LoggerMessage(2304, LogLevel.Warning, "Anyone who reaches {Addresses} reads every event: --insecure was given")]
    public static partial void Insecure(ILogger logger, string addresses);

    [LoggerMessage(2305, LogLevel.Warning, "The certificate of {File} {Problem}")]
    public static partial void OwnCertificate(ILogger logger, string file, string problem);
}
