using System.Buffers;

namespace Monitor.Server.Tests.Limits;

internal sealed class Http2FrameCountTests
{
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
        var count = new Http2FrameCount();

        var frames = bytes.Chunk(length).Sum(part => count.Add(new ReadOnlySequence<byte>(part)));

        Assert.That(frames, Is.EqualTo(7.4).Within(0.001));
    }

    [Test]
    public void Add_OfHttp11_CountsNothing()
    {
        var count = new Http2FrameCount();
        var request = System.Text.Encoding.ASCII.GetBytes("PRIVATE / HTTP/1.1\r\nHost: a\r\n\r\n" + new string('x', 10_000));

        Assert.That(count.Add(new ReadOnlySequence<byte>(request)), Is.Zero);
    }

    private static byte[] Frame(byte type, byte[] payload, byte flags = 0) =>
        [(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, 0, 1, .. payload];
}
