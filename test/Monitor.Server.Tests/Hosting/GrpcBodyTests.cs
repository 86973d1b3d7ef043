using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using Google.Protobuf;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Hosting;

/// <summary>Bodies of gRPC calls, as no client library sends them.</summary>
internal sealed class GrpcBodyTests
{
    private const int Ok = 0, InvalidArgument = 3, Unimplemented = 12;

    private const string Health = "/monitor.v1.StatusService/GetHealth";
    private const string Events = "/monitor.v1.EventService/ListEvents";
    private const string Reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

    [TestCase("gzip", Health)]
    [TestCase("deflate", Health)]
    [TestCase("gzip", Reflection)]
    public async Task Message_Compressed_IsRead(string encoding, string path)
    {
        await using var server = await TestServer.StartAsync();

        // A health request has no fields; of reflection it is an unknown one, to which the answer is an error message.
        Assert.That(await StatusAsync(server, Compressed([], encoding), encoding, path), Is.EqualTo(Ok).Or.EqualTo(Unimplemented));
    }

    // By the book these two are INTERNAL, a fault of the server.
    [TestCase(null, InvalidArgument)]
    [TestCase("identity", InvalidArgument)]
    [TestCase("br", Unimplemented)]
    public async Task Message_CompressedInAnotherWayThanTheCallSays_IsTheClientsFault(string? encoding, int status)
    {
        await using var server = await TestServer.StartAsync();

        Assert.That(await StatusAsync(server, Compressed([]), encoding), Is.EqualTo(status));
    }

    // What the inflater makes of it depends on where it is damaged.
    [TestCase("0100000002783F", "deflate")]
    [TestCase("010000000678BB0000000100", "deflate")]
    [TestCase("01000000021F8B", "gzip")]
    [TestCase("0100000003FFFFFF", "gzip")]
    public async Task Message_CompressedAndDamaged_IsTheClientsFault(string hex, string encoding)
    {
        await using var server = await TestServer.StartAsync();

        Assert.That(await StatusAsync(server, Convert.FromHexString(hex), encoding), Is.EqualTo(InvalidArgument).Or.EqualTo(Ok));
    }

    // Routing does not look at capitals.
    [Test]
    public async Task Bytes_ThatAreNoMessageOfAMethodInOtherLetters_AreTheClientsFault()
    {
        await using var server = await TestServer.StartAsync();

        Assert.That(
            await StatusAsync(server, Convert.FromHexString("00000000020AFF"), path: "/monitor.v1.eventservice/LISTEVENTS"), Is.EqualTo(InvalidArgument));
    }

    [TestCase("00")]
    [TestCase("0000000005")]
    [TestCase("00000000020AFF")]
    [TestCase("00000000030AFF01")]
    [TestCase("0200000000")]
    [TestCase("00FFFFFFFF")]
    [TestCase("0100000003FFFFFF")]
    public async Task Bytes_ThatAreNoMessageOfReflection_AreTheClientsFault(string hex)
    {
        await using var server = await TestServer.StartAsync();

        Assert.That(await StatusAsync(server, Convert.FromHexString(hex), path: Reflection), Is.EqualTo(InvalidArgument));
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
    [TestCase("gzip", Events)]
    [TestCase("deflate", Events)]
    [TestCase("gzip", Reflection)]
    public async Task Message_ThatInflatesBeyondTheLimit_IsNotInflatedToItsEnd(string encoding, string path)
    {
        await using var server = await TestServer.StartAsync();
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteTag(1000, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(new byte[64 << 20]));
        }

        Assert.That(await StatusAsync(server, Compressed(bytes.ToArray(), encoding), encoding, path), Is.EqualTo(InvalidArgument));
    }

    // Each empty group of two bytes would be an object with a dictionary.
    [Test]
    public void Message_OfFieldsThatNobodyKnows_IsReadWithoutThem()
    {
        byte[] groups = [.. Enumerable.Range(0, 1000).SelectMany(_ => new byte[] { 0x0B | 15 << 3, 0x0C | 15 << 3 })];
        byte[] framed = [0, 0, 0, (byte)(groups.Length >> 8), (byte)groups.Length, .. groups];

        Assert.That(GrpcMessageCheck.Read("/monitor.v1.EventService/StreamEvents", null, framed, 4096), Is.EqualTo(new byte[5]));
    }

    private static byte[] Compressed(byte[] message, string encoding = "gzip")
    {
        using var packed = new MemoryStream();
        using (Stream packing = encoding == "gzip"
            ? new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)
            : new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            packing.Write(message);
            packing.Flush();
        }

        var body = new byte[5 + packed.Length];
        body[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(body.AsSpan(1), (uint)packed.Length);
        packed.ToArray().CopyTo(body, 5);
        return body;
    }

    private static async Task<int> StatusAsync(TestServer server, byte[] body, string? encoding = "gzip", string path = Health)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri($"http://{server.EndPoints.GrpcTarget}{path}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { { "content-type", "application/grpc" } } },
        };
        request.Headers.Add("te", "trailers");
        if (encoding is not null)
        {
            request.Headers.Add("grpc-encoding", encoding);
        }

        using var response = await http.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();
        var status = response.Headers.Concat(response.TrailingHeaders).Single(header => header.Key == "grpc-status");
        return int.Parse(status.Value.Single(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
