using System.Buffers.Binary;

namespace Monitor.Server;

/// <summary>The header of a frame of HTTP/2 (RFC 9113, 4.1).</summary>
/// <param name="Length">Bytes of what follows it.</param>
/// <param name="Type">Its type.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="Stream">The number of its stream; 0 for the connection.</param>
internal readonly record struct Http2FrameHeader(int Length, Http2FrameType Type, byte Flags, int Stream)
{
    /// <summary>END_STREAM of DATA and HEADERS.</summary>
    public bool EndsStream => (Flags & 1) != 0 && Type is Http2FrameType.Data or Http2FrameType.Headers;
}

/// <summary>The types of frames that mean something here (RFC 9113, 6).</summary>
internal enum Http2FrameType : byte
{
    Data = 0,
    Headers = 1,
    ResetStream = 3,
    WindowUpdate = 8,
}

/// <summary>Finds the headers of the frames of one direction of a connection, as its bytes come, however they are cut.</summary>
internal sealed class Http2FrameHeaders
{
    private const int HeaderLength = 9;

    private readonly byte[] _header = new byte[HeaderLength];
    private int _headerLength;
    private long _toSkip;

    /// <summary>Takes bytes until a header is whole.</summary>
    /// <param name="bytes">What has come; left where the header ends.</param>
    /// <param name="frame">The header.</param>
    /// <returns>False where all bytes were taken, and there is none.</returns>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out Http2FrameHeader frame)
    {
        var skipped = (int)Math.Min(_toSkip, bytes.Length);
        _toSkip -= skipped;
        bytes = bytes[skipped..];
        var taken = Math.Min(HeaderLength - _headerLength, bytes.Length);
        bytes[..taken].CopyTo(_header.AsSpan(_headerLength));
        _headerLength += taken;
        bytes = bytes[taken..];
        if (_headerLength < HeaderLength)
        {
            frame = default;
            return false;
        }

        _headerLength = 0;
        _toSkip = BinaryPrimitives.ReadInt32BigEndian(_header) >>> 8;
        frame = new Http2FrameHeader(
            (int)_toSkip, (Http2FrameType)_header[3], _header[4], BinaryPrimitives.ReadInt32BigEndian(_header.AsSpan(5)) & int.MaxValue);
        return true;
    }
}
