using System.Buffers;

namespace Monitor.Server;

/// <summary>
/// Counts the frames that an HTTP/2 client sends and that carry no request, and notes those that begin one or give it up. What does
/// not begin with the preface is not HTTP/2 and has none.
/// </summary>
/// <param name="streams">The streams of the connection.</param>
internal sealed class Http2FrameCount(Http2Streams streams)
{
    // What comes with requests, and from fast readers.
    private const double Tenth = 0.1;

    private readonly Http2FrameHeaders _frames = new();
    private int _prefaceLength;
    private bool _isOther;

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Takes the next bytes in.</summary>
    /// <returns>How many such frames begin in them; window updates, and those that carry a request, count a tenth.</returns>
    public double Add(in ReadOnlySequence<byte> bytes)
    {
        var frames = 0.0;
        foreach (var segment in bytes)
        {
            frames += Add(segment.Span);
        }

        return frames;
    }

    private double Add(ReadOnlySpan<byte> bytes)
    {
        var frames = 0.0;
        bytes = SkipPreface(bytes);
        while (!_isOther && _frames.TryRead(ref bytes, out var frame))
        {
            frames += Take(frame);
        }

        return frames;
    }

    private ReadOnlySpan<byte> SkipPreface(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(Preface.Length - _prefaceLength, bytes.Length);
        if (_isOther || !Preface.Slice(_prefaceLength, taken).SequenceEqual(bytes[..taken]))
        {
            _isOther = true;
            return bytes;
        }

        _prefaceLength += taken;
        return bytes[taken..];
    }

    private double Take(in Http2FrameHeader frame)
    {
        switch (frame.Type)
        {
            // Requests are limited too. Not those that the web server refuses itself, nor the parts that a body is cut into.
            case Http2FrameType.Headers:
                streams.Open(frame.Stream);
                return Tenth;
            case Http2FrameType.WindowUpdate:
                return Tenth;
            case Http2FrameType.Data:
                return frame.Length > 0 || frame.EndsStream ? Tenth : 1;
            case Http2FrameType.ResetStream:
                streams.Close(frame.Stream);
                return 1;
            default:
                // Headers that need one are rare, and it may be empty.
                return 1;
        }
    }
}
