using System.IO.Compression;
using Grpc.Contract.Tests.Protos;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;

namespace Grpc.Contract.Tests.Calls;

/// <summary>Compressed messages.</summary>
[CancelAfter(30_000)]
public sealed class CompressionTests
{
    // How a client asks for compression of its requests; the client takes it out before the request is sent.
    private const string RequestEncoding = "grpc-internal-encoding-request";

    private static readonly Message Large = new() { Text = new string('a', 100_000) };

    [TestCase("gzip")]
    [TestCase("deflate")]
    public async Task Compression_BothWays_KeepsTheMessage(string encoding)
    {
        await using var server = await ProbeServer.StartAsync(options =>
        {
            options.ResponseCompressionAlgorithm = encoding;
            options.ResponseCompressionLevel = CompressionLevel.Fastest;
        });
        var encodings = new EncodingHandler();

        var response = await server.OpenClient(new GrpcChannelOptions { HttpHandler = encodings })
            .EchoAsync(Large, new Metadata { { RequestEncoding, encoding } });

        await Assert.MultipleAsync(async () =>
        {
            Assert.That(response, Is.EqualTo(Large));
            Assert.That((await server.NextSeenAsync()).Encoding, Is.EqualTo(encoding));
            Assert.That(encodings.ResponseEncoding, Is.EqualTo(encoding));
        });
    }

    [Test]
    public async Task Compression_OfMessages_UsesTheProviders()
    {
        var onServer = new CountingProvider();
        var onClient = new CountingProvider();
        await using var server = await ProbeServer.StartAsync(options =>
        {
            options.CompressionProviders.Add(onServer);
            options.ResponseCompressionAlgorithm = onServer.EncodingName;
        });
        var client = server.OpenClient(new GrpcChannelOptions { CompressionProviders = [onClient] });

        await client.EchoAsync(Large, new Metadata { { RequestEncoding, onClient.EncodingName } });

        Assert.That(
            (onClient.Compressed, onServer.Decompressed, onServer.Compressed, onClient.Decompressed),
            Is.EqualTo((1, 1, 1, 1)));
    }

    [Test]
    public async Task Compression_NoCompressFlag_LeavesTheMessage()
    {
        var onClient = new CountingProvider();
        await using var server = await ProbeServer.StartAsync(
            options => options.CompressionProviders.Add(new CountingProvider()));
        var client = server.OpenClient(new GrpcChannelOptions { CompressionProviders = [onClient] });
        var options = new CallOptions(new Metadata { { RequestEncoding, onClient.EncodingName } })
            .WithWriteOptions(new WriteOptions(WriteFlags.NoCompress));

        var response = await client.EchoAsync(Large, options);

        Assert.Multiple(() =>
        {
            Assert.That(response, Is.EqualTo(Large));
            Assert.That(onClient.Compressed, Is.Zero);
        });
    }

    // Notes in what encoding a response comes.
    private sealed class EncodingHandler() : DelegatingHandler(new SocketsHttpHandler())
    {
        public string? ResponseEncoding { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            ResponseEncoding = response.Headers.GetValues("grpc-encoding").Single();
            return response;
        }
    }

    // Gzip under another name, with counters.
    private sealed class CountingProvider : ICompressionProvider
    {
        private readonly GzipCompressionProvider _gzip = new(CompressionLevel.Fastest);

        public string EncodingName => "counting-gzip";

        public int Compressed { get; private set; }

        public int Decompressed { get; private set; }

        public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel)
        {
            Compressed++;
            return _gzip.CreateCompressionStream(stream, compressionLevel);
        }

        public Stream CreateDecompressionStream(Stream stream)
        {
            Decompressed++;
            return _gzip.CreateDecompressionStream(stream);
        }
    }
}
