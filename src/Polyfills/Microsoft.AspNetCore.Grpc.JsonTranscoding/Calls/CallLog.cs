using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>What transcoded calls log.</summary>
internal static partial class CallLog
{
    /// <summary>The category, as the package has it.</summary>
    public const string Category = "Grpc.AspNetCore.Grpc.JsonTranscoding.ServerCallHandler";

    [LoggerMessage(1, LogLevel.Debug, "{Method}: the request cannot become a message: {Problem}")]
    public static partial void BadRequest(ILogger logger, string method, string problem);

    [LoggerMessage(2, LogLevel.Information, "{Method} answers {Code}: {Detail}")]
    public static partial void RpcFailed(ILogger logger, string method, StatusCode code, string detail, Exception? cause);

    [LoggerMessage(3, LogLevel.Error, "{Method}: the service failed.")]
    public static partial void ServiceFailed(ILogger logger, string method, Exception error);

    [LoggerMessage(4, LogLevel.Error, "{Method}: the response cannot be written as JSON.")]
    public static partial void ResponseMalformed(ILogger logger, string method, Exception error);

    [LoggerMessage(5, LogLevel.Debug, "{Method}: the client has gone away.")]
    public static partial void ClientGone(ILogger logger, string method);

    [LoggerMessage(6, LogLevel.Debug, "{Method}: the deadline has passed.")]
    public static partial void DeadlineExceeded(ILogger logger, string method);

    [LoggerMessage(7, LogLevel.Error, "{Method}: the trailer grpc-status-details-bin is no google.rpc.Status that can be shown; the answer has no details.")]
    public static partial void DetailsMalformed(ILogger logger, string method, Exception error);
}
