using Microsoft.Extensions.Logging;
using Monitor.Aggregator.Discovery;

namespace Monitor.Aggregator.Links;

internal static partial class LinkLog
{
    [LoggerMessage(3101, LogLevel.Information, "Agent '{Node}' at {Address}: linked")]
    public static partial void Linked(ILogger logger, string node, AgentAddress address);

    [LoggerMessage(3102, LogLevel.Warning, "Agent '{Node}' at {Address}: out of reach, tried again until it is back: {Reason}")]
    public static partial void Broken(ILogger logger, string node, AgentAddress address, string reason);

    [LoggerMessage(3103, LogLevel.Warning, "Agent '{Node}' at {Address}: cannot be used: {Reason}")]
    public static partial void Failed(ILogger logger, string node, AgentAddress address, string reason);

    [LoggerMessage(3104, LogLevel.Information, "Agent '{Node}' at {Address}: held in reserve: {Reason}")]
    public static partial void Reserve(ILogger logger, string node, AgentAddress address, string reason);

    [LoggerMessage(3105, LogLevel.Information, "Agent at {Address}: not listed any more")]
    public static partial void Gone(ILogger logger, AgentAddress address);

    [LoggerMessage(3106, LogLevel.Error, "Link to {Address}: unexpected failure")]
    public static partial void Unexpected(ILogger logger, AgentAddress address, Exception failure);

    [LoggerMessage(3107, LogLevel.Error, "Looking for agents by {Discovery} failed; those that it named stay; trying again in {Seconds} s")]
    public static partial void DiscoveryFailed(ILogger logger, string discovery, double seconds, Exception failure);
}
