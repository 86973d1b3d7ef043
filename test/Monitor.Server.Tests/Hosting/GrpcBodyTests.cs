using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using Google.Protobuf;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Hosting;

/// <summary>Bodies of gRPC calls, as no client library sends them.</summary>
internal sealed class GrpcBodyTests
{
    private const int Ok = 0, InvalidArgument = 3;

    [Test]
    public async Task Message_Compressed_IsRead()
    {
        await using var server = await TestServer.StartAsync();

        Assert.That(await StatusAsync(server, Compressed(new GetHealthRequest().ToByteArray())), Is.EqualTo(Ok));
    }

    [TestCase("")]
    [TestCase("00")]
    [TestCase("0000000005")]
    [TestCase("00000000020AFF")]
    [TestCase("0200000000")]
    [TestCase("0100000003FFFFFF")]
    public async Task Bytes_ThatAreNoMessage_AreTheClientsFault(string hex)
    {
        await using var server = await TestServer.StartAsync();

        Assert.That(await StatusAsync(server, Convert.FromHexString(hex)), Is.EqualTo(InvalidArgument));
    }

    // 64 MiB in 64 KiB: one field that nobody knows, which a parser would keep.
    [Test]
    public async Task Message_ThatInflatesBeyondTheLimit_IsNotInflatedToItsEnd()
    {
        await using var server = await TestServer.StartAsync();
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteTag(1000, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(new byte[64 << 20]));
        }

        Assert.That(await StatusAsync(server, Compressed(bytes.ToArray())), Is.EqualTo(InvalidArgument));
    }

    private static byte[] Compressed(byte[] message)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(message);
        }

        var body = new byte[5 + packed.Length];
        body[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(body.AsSpan(1), (uint)packed.Length);
        packed.ToArray().CopyTo(body, 5);
        return body;
    }

    private static async Task<int> StatusAsync(TestServer server, byte[] body)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri($"http://{server.EndPoints.GrpcTarget}/{StatusService.Descriptor.FullName}/GetHealth"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { { "content-type", "application/grpc" } } },
        };
        request.Headers.Add("te", "trailers");
        request.Headers.Add("grpc-encoding", "gzip");
        using var response = await http.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();
        var status = response.Headers.Concat(response.TrailingHeaders).Single(header => header.Key == "grpc-status");
        return int.Parse(status.Value.Single(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
