namespace Grpc.Core;

/// <summary>How one message is written.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>
    /// The message may wait in a buffer for the next one. The writer is not held back either: a slow reader then shows
    /// as growing memory.
    /// </summary>
    BufferHint = 0x1,

    /// <summary>The message goes uncompressed, even where the call compresses.</summary>
    NoCompress = 0x2,
}
