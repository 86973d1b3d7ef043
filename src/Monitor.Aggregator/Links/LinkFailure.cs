using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;
using Monitor.Aggregator.Discovery;
using Monitor.Protocol;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.Aggregator.Links;

/// <summary>Says in words why a call to an agent failed, and whether trying again helps.</summary>
internal static class LinkFailure
{
    // Longer texts of an agent are cut: they go to every client that lists agents.
    public const int MaxDetailLength = 300;

    /// <summary>What to do where something else than an agent answers.</summary>
    public static readonly string Remedy = $"list the address of an agent's gRPC port, by default {AgentAddress.DefaultPort}";

    /// <summary>Explains a failure.</summary>
    /// <param name="failure">What a call threw.</param>
    /// <param name="answered">Whether an agent had answered on this connection before: a broken protocol then means a
    /// broken connection, and otherwise that no agent is there.</param>
    /// <returns>Null where the failure is not a call's, but a bug here.</returns>
    public static LinkEnd? Explain(Exception failure, bool answered)
    {
        if (failure is not RpcException call)
        {
            return failure is HttpRequestException or IOException or SocketException or OperationCanceledException
                ? Broken(Words(failure))
                : null;
        }

        return call.Status.DebugException is { } cause && !answered && Transport(cause) is { } end ? end : call.StatusCode switch
        {
            StatusCode.Unimplemented => Failed(
                $"what answers here has no {StatusService.Descriptor.FullName} of this version{Clause(call)}; {Remedy}"),
            StatusCode.ResourceExhausted when call.Status.Detail.Contains("message size", StringComparison.Ordinal) => Failed(
                $"it sent a message larger than {AgentConnection.MaxMessageBytes >> 20} MiB, which no agent does"),
            StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Aborted or StatusCode.ResourceExhausted =>
                Broken(Detail(call)),
            StatusCode.DeadlineExceeded => Broken("it did not answer in time"),
            StatusCode.Unauthenticated or StatusCode.PermissionDenied => Failed(
                $"the agent does not accept this aggregator's certificate{Clause(call)}; the agent's {ServerSettings.AggregatorName.OptionName} "
                + $"must be a name in it, and its {ServerSettings.TlsAuthority.OptionName} must have signed it"),
            _ when answered && call.Status.DebugException is HttpRequestException or IOException => Broken(Detail(call)),
            _ => Failed($"the call failed with {call.StatusCode}{Clause(call)}"),
        };
    }

    private static LinkEnd? Transport(Exception cause)
    {
        for (var inner = cause; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case ClearTextException:
                    return Failed(inner.Message);
                case AuthenticationException:
                    return Failed($"TLS: {Words(cause)}");
                case HttpRequestException { InnerException: HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } }:
                    return Broken(Words(cause));
                case SocketException:
                    return Broken(Words(cause));
                case HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }:
                    return Broken(Words(cause));
                case HttpProtocolException or HttpRequestException
                {
                    HttpRequestError: HttpRequestError.HttpProtocolError or HttpRequestError.InvalidResponse
                        or HttpRequestError.VersionNegotiationError
                }:
                    return Failed($"what answers here does not speak gRPC over HTTP/2 as this link does ({Words(inner)}); TLS is on here where {ServerSettings.TlsAuthority.OptionName} is given; {Remedy}");
            }
        }

        return null;
    }

    private static LinkEnd Broken(string reason) => new(LinkEndKind.Broken, reason);

    private static LinkEnd Failed(string reason) => new(LinkEndKind.Failed, reason);

    private static string Detail(RpcException call) =>
        call.Status.DebugException is { } cause ? Words(cause) : MessageText.Shorten(call.Status.Detail, MaxDetailLength);

    private static string Clause(RpcException call) => Detail(call) is { Length: > 0 } detail ? $": {detail}" : "";

    // The innermost says what happened, those around it where.
    private static string Words(Exception failure) => failure.GetBaseException() switch
    {
        HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => "the connection was closed",
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "connection refused: nothing listens there",
        var innermost => MessageText.Shorten(innermost.Message, MaxDetailLength),
    };
}
