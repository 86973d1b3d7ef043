using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Monitor.Server;

/// <summary>What connections go through before they are served: too many of them, or of their frames.</summary>
internal sealed class ConnectionLimits(MonitorServerOptions options, ClientLimits limits, LimitCounters counters, ILogger<ConnectionLimits> logger)
{
    /// <summary>Closes connections beyond the limits at once. Goes before everything else, the TLS handshake above
    /// all.</summary>
    public void UseGate(IConnectionBuilder listen) => listen.Use(next => async connection =>
    {
        var remote = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        if (limits.Enter(remote) is not { } client)
        {
            LimitLog.ConnectionRefused(logger, connection.RemoteEndPoint);
            connection.Abort();
            return;
        }

        // Whichever comes first. The web server may never end its part of a connection that it aborted itself.
        var place = new Place(limits, client);
        using var closed = connection.ConnectionClosed.UnsafeRegister(static place => ((Place)place!).Leave(), place);
        try
        {
            connection.Features.Set(client);
            await next(connection);
        }
        finally
        {
            place.Leave();
        }
    });

    /// <summary>Closes connections whose client floods them with frames that carry no request. Goes after everything else,
    /// where the bytes are those of HTTP.</summary>
    public void UseFrameLimit(IConnectionBuilder listen) => listen.Use(next => async connection =>
    {
        if (connection.Features.Get<LimitedClient>() is not { } client)
        {
            await next(connection);
            return;
        }

        var streams = new Http2Streams(client, options.Clients.CallTimeout, options.Time, () =>
        {
            counters.Timeouts.Add();
            LimitLog.TimedOut(logger, (connection.RemoteEndPoint as IPEndPoint)?.Address, options.Clients.CallTimeout);
            connection.Abort(new ConnectionAbortedException("An answer was not let through in time."));
        });
        connection.Features.Set(streams);
        var received = new Http2FrameCount(streams);
        var sent = new Http2SentFrames(streams);
        var isOver = false;
        var transport = connection.Transport;
        connection.Transport = new DuplexPipe(
            new CountingPipeReader(transport.Input, (in bytes) =>
            {
                if (received.Add(bytes) is > 0 and var count && (!client.TryTakeFrames(count) || streams.AreTooMany) && !isOver)
                {
                    isOver = true;
                    counters.Floods.Add();
                    LimitLog.Flood(logger, connection.RemoteEndPoint);
                    connection.Abort(new ConnectionAbortedException("Too many HTTP/2 frames that carry no request, or answers that are not read."));
                }
            }),
            new CountingPipeWriter(transport.Output, sent.Add));
        using var closed = connection.ConnectionClosed.UnsafeRegister(static streams => ((Http2Streams)streams!).End(), streams);
        try
        {
            await next(connection);
        }
        finally
        {
            streams.End();
        }
    });

    private sealed class Place(ClientLimits limits, LimitedClient client)
    {
        private int _left;

        public void Leave()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                limits.Leave(client);
            }
        }
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
