namespace Monitor.Server;

/// <summary>Notes which streams of an HTTP/2 connection the server has ended, by the frames that it sends.</summary>
/// <param name="streams">The streams of the connection.</param>
internal sealed class Http2SentFrames(Http2Streams streams)
{
    // A frame of HTTP/2 that begins with an H would have 4 MiB.
    private const byte FirstOfHttp1 = (byte)'H';

    private readonly Http2FrameHeaders _frames = new();
    private bool _hasBegun;
    private bool _isOther;

    /// <summary>Takes the next bytes in.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (!_hasBegun && !bytes.IsEmpty)
        {
            _hasBegun = true;
            _isOther = bytes[0] == FirstOfHttp1;
        }

        while (!_isOther && _frames.TryRead(ref bytes, out var frame))
        {
            if (frame.EndsStream || frame.Type == Http2FrameType.ResetStream)
            {
                streams.Close(frame.Stream);
            }
        }
    }
}
