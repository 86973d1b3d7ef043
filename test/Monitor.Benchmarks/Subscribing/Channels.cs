using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace Monitor.Benchmarks.Subscribing;

/// <summary>Ways to a server of the benchmark.</summary>
internal static class Channels
{
    /// <param name="target">host:port.</param>
    /// <param name="files">A certificate and its key to show, over TLS; null: clear text.</param>
    public static GrpcChannel To(string target, string[]? files)
    {
        var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true };
        if (files is not null)
        {
            handler.SslOptions.ClientCertificates = [X509Certificate2.CreateFromPemFile(files[0], files[1])];
#pragma warning disable CA5359 // It is the benchmark's own server.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        return GrpcChannel.ForAddress(
            $"{(files is null ? "http" : "https")}://{target}",
            new GrpcChannelOptions { MaxReceiveMessageSize = null, HttpHandler = handler, DisposeHttpClient = true });
    }
}
