using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Monitor.Server;

/// <summary>
/// Gives the errors that the web server answers by itself, before there is a request (an overlong URL, a malformed
/// header), the body that all others have. The server offers no other place for it.
/// </summary>
internal sealed class BareErrors(ConnectionDelegate next, MonitorServerOptions options)
{
    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        var transport = connection.Transport;
        connection.Transport = new WatchedTransport(transport.Input, new BareErrorWriter(transport.Output, options));
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = transport;
        }
    }

    private sealed class WatchedTransport(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
