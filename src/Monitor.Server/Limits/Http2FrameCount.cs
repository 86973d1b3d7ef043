using System.Buffers;
using System.Buffers.Binary;

namespace Monitor.Server;

/// <summary>
/// Counts the frames of one direction of an HTTP/2 connection that carry no request (RFC 9113, 4.1), as its bytes come,
/// however they are cut. What does not begin with the preface is not HTTP/2 and has none.
/// </summary>
internal sealed class Http2FrameCount
{
    private const int HeaderLength = 9;

    // What comes with requests, and from fast readers.
    private const double Tenth = 0.1;

    private readonly byte[] _header = new byte[HeaderLength];
    private int _headerLength;
    private int _prefaceLength;
    private long _toSkip;
    private bool _isOther;

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    private enum FrameType : byte
    {
        Data = 0,
        Headers = 1,
        WindowUpdate = 8,
    }

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
        while (!_isOther && !bytes.IsEmpty)
        {
            var skipped = (int)Math.Min(_toSkip, bytes.Length);
            _toSkip -= skipped;
            bytes = bytes[skipped..];
            var taken = Math.Min(HeaderLength - _headerLength, bytes.Length);
            bytes[..taken].CopyTo(_header.AsSpan(_headerLength));
            _headerLength += taken;
            bytes = bytes[taken..];
            if (_headerLength == HeaderLength)
            {
                _headerLength = 0;
                _toSkip = BinaryPrimitives.ReadInt32BigEndian(_header) >>> 8;
                frames += Weight();
            }
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

    private double Weight() => (FrameType)_header[3] switch
    {
        // Requests are limited too. Not those that the web server refuses itself, nor the parts that a body is cut into.
        FrameType.Headers or FrameType.WindowUpdate => Tenth,
        FrameType.Data => _toSkip > 0 || (_header[4] & 1) != 0 ? Tenth : 1,
        // Headers that need one are rare, and it may be empty.
        _ => 1,
    };
}
