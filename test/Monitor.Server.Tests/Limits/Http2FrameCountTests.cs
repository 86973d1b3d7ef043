using System.Buffers;
using System.Net;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Limits;

internal sealed class Http2FrameCountTests
{
    private readonly LimitedClient _client = new(IPAddress.Loopback, new ClientLimitOptions(), TimeProvider.System, new AllClients());

    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(8)]
    [TestCase(9)]
    [TestCase(10)]
    [TestCase(1000)]
    public void Add_HoweverTheBytesAreCut_CountsEachFrameOnce(int length)
    {
        byte[] bytes =
        [
            .. Preface,
            .. Frame(type: 4, new byte[18]), // SETTINGS: 1
            .. Frame(type: 1, new byte[300], flags: 4), // HEADERS: a request, a tenth
            .. Frame(type: 9, new byte[40]), // CONTINUATION: 1
            .. Frame(type: 0, new byte[70]), // DATA with a body: a tenth
            .. Frame(type: 0, [], flags: 1), // DATA that ends it: a tenth
            .. Frame(type: 0, []), // DATA of nothing: 1
            .. Frame(type: 6, new byte[8]), // PING: 1
            .. Frame(type: 3, new byte[4]), // RST_STREAM: 1
            .. Frame(type: 2, new byte[5]), // PRIORITY: 1
            .. Frame(type: 99, new byte[1]), // unknown: 1
            .. Frame(type: 8, new byte[4]), // WINDOW_UPDATE: a tenth
        ];
        var count = new Http2FrameCount(Streams());

        var frames = bytes.Chunk(length).Sum(part => count.Add(new ReadOnlySequence<byte>(part)));

        Assert.That(frames, Is.EqualTo(7.4).Within(0.001));
    }

    [Test]
    public void Add_OfHttp11_CountsNothing()
    {
        var count = new Http2FrameCount(Streams());
        var request = System.Text.Encoding.ASCII.GetBytes("PRIVATE / HTTP/1.1\r\nHost: a\r\n\r\n" + new string('x', 10_000));

        Assert.That(count.Add(new ReadOnlySequence<byte>(request)), Is.Zero);
    }

    /// <summary>A request is open from its headers until the server has sent the end of its answer, or either side gives it up.</summary>
    [TestCase(1)]
    [TestCase(8)]
    [TestCase(9)]
    [TestCase(1000)]
    public void Streams_HoweverTheBytesAreCut_AreOpenUntilTheirEnd(int length)
    {
        var streams = Streams();
        var received = new Http2FrameCount(streams);
        var sent = new Http2SentFrames(streams);
        Receive([.. Preface, .. Frame(4, []), .. Frame(1, new byte[30], 4, 1), .. Frame(0, new byte[70], 1, 1), .. Frame(1, new byte[9], 5, 3), .. Frame(1, new byte[9], 5, 5)]);
        var opened = _client.OpenRequests;
        // Trailers are not another one, and what was ended stays so.
        Receive([.. Frame(1, new byte[9], 5, 1), .. Frame(3, new byte[4], 0, 3), .. Frame(1, new byte[9], 5, 3)]);
        var afterAReset = _client.OpenRequests;
        Send([.. Frame(4, new byte[24]), .. Frame(1, new byte[30], 4, 1), .. Frame(0, new byte[300], 0, 1)]);
        var inTheMiddle = _client.OpenRequests;
        Send([.. Frame(1, new byte[12], 5, 1), .. Frame(3, new byte[4], 0, 1)]);
        var ended = _client.OpenRequests;
        streams.End();
        streams.End();
        Receive(Frame(1, new byte[9], 5, 7));

        Assert.That((opened, afterAReset, inTheMiddle, ended, _client.OpenRequests), Is.EqualTo((3, 2, 2, 1, 0)));

        void Receive(byte[] bytes)
        {
            foreach (var part in bytes.Chunk(length))
            {
                received.Add(new ReadOnlySequence<byte>(part));
            }
        }

        void Send(byte[] bytes)
        {
            foreach (var part in bytes.Chunk(length))
            {
                sent.Add(part);
            }
        }
    }

    [Test]
    public void Streams_MoreThanAClientMayHave_AreSaidToBe()
    {
        var few = Streams();
        var many = Streams();
        var more = Streams();
        few.Open(1);
        for (var i = 0; i < 2499; i++)
        {
            many.Open((2 * i) + 1);
        }

        more.Open(1);
        Assert.That((few.AreTooMany, many.AreTooMany, more.AreTooMany), Is.EqualTo((false, false, true)));
        many.End();
        var again = Streams();
        again.Open(1);
        Assert.That(again.AreTooMany, Is.False);
        more.End();
        few.End();
        again.End();
    }

    /// <summary>A small answer does not wait for its client in the service, but in the web server.</summary>
    [Test]
    public void Answer_ThatIsNotLetThrough_EndsTheConnection()
    {
        var time = new ManualTime();
        var ended = 0;
        var streams = new Http2Streams(_client, TimeSpan.FromMinutes(1), time, () => ended++);
        streams.Open(1);
        streams.Open(3);
        streams.Open(5);
        streams.Answer(1);
        streams.Close(1);
        time.Advance(TimeSpan.FromSeconds(40));
        streams.Answer(3);
        time.Advance(TimeSpan.FromSeconds(50));
        var before = ended;

        time.Advance(TimeSpan.FromSeconds(20));

        Assert.That((before, ended), Is.EqualTo((0, 1)), "5 is a stream, which may stay");
        streams.End();
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.That((ended, _client.OpenRequests), Is.EqualTo((1, 0)));
    }

    [Test]
    public void Requests_OfAllClients_RefuseNewOnesOfThoseWithMany()
    {
        var all = new AllClients();
        var clients = Enumerable.Range(1, 3)
            .Select(i => new LimitedClient(new IPAddress([192, 0, 2, (byte)i]), new ClientLimitOptions(), TimeProvider.System, all)).ToList();
        var refused = clients.ConvertAll(client => Enumerable.Range(0, 2500).Count(_ => client.OpenRequest() is not (false, false)));

        Assert.That(refused, Is.EqualTo(new[] { 0, 0, 2400 }));
        clients.ForEach(client => client.Dispose());
    }

    [Test]
    public void Sent_OfHttp11_EndsNothing()
    {
        var streams = Streams();
        streams.Open(0x20323030);

        new Http2SentFrames(streams).Add("HTTP/1.1 200 OK\r\n\r\n"u8);

        Assert.That(_client.OpenRequests, Is.EqualTo(1));
        streams.End();
    }

    private Http2Streams Streams() => new(_client, TimeSpan.FromMinutes(1), TimeProvider.System, static () => { });

    [OneTimeTearDown]
    public void Forget() => _client.Dispose();

    private static byte[] Frame(byte type, byte[] payload, byte flags = 0, byte stream = 1) =>
        [(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, 0, stream, .. payload];
}
