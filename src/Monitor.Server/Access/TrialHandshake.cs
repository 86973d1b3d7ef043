using System.IO.Pipelines;
using System.Net.Security;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Monitor.Server;

/// <summary>
/// Connects a certificate to itself, in memory. A certificate can be read, fit its key, and still be one that no handshake comes to
/// an end with, as one whose signature is of an algorithm that nobody knows.
/// </summary>
internal static class TrialHandshake
{
    // It takes a millisecond; a machine that is short of threads takes longer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Tries. Blocks the thread.</summary>
    /// <exception cref="CryptographicException">It does not work.</exception>
    public static void Run(SslStreamCertificateContext certificate) => RunAsync(certificate).GetAwaiter().GetResult();

    private static async Task RunAsync(SslStreamCertificateContext certificate)
    {
        var toServer = new Pipe();
        var toClient = new Pipe();
        await using var server = new SslStream(new Duplex(toServer.Reader.AsStream(), toClient.Writer.AsStream()));
        await using var client = new SslStream(new Duplex(toClient.Reader.AsStream(), toServer.Writer.AsStream()));
        using var end = new CancellationTokenSource(Patience);
        Task[] sides =
        [
            server.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificateContext = certificate, AllowTlsResume = false }, end.Token),
            client.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
#pragma warning disable CA5359 // Whom others trust is not the question.
                    RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
                    AllowTlsResume = false,
                    // Neither the machine's authorities are read for it, nor anything from the network.
                    CertificateChainPolicy = new X509ChainPolicy
                    {
                        TrustMode = X509ChainTrustMode.CustomRootTrust,
                        RevocationMode = X509RevocationMode.NoCheck,
                        DisableCertificateDownloads = true,
                    },
                },
                end.Token),
        ];
        // The first that fails says why; the other one would wait for it.
        foreach (var side in new[] { await Task.WhenAny(sides), sides[0], sides[1] })
        {
            try
            {
                await side;
            }
            catch (Exception failure)
            {
                await end.CancelAsync();
                await Task.WhenAll(sides).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (failure is OutOfMemoryException)
                {
                    ExceptionDispatchInfo.Throw(failure);
                }

                throw new CryptographicException($"no connection comes about with it ({(failure.InnerException ?? failure).Message.TrimEnd('.')})", failure);
            }
        }
    }

    /// <summary>One end of a connection.</summary>
    private sealed class Duplex(Stream input, Stream output) : Stream
    {
        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            input.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            input.ReadAsync(buffer, offset, count, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            output.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            output.WriteAsync(buffer, offset, count, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

        public override void Flush() => output.Flush();

        public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                input.Dispose();
                output.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
