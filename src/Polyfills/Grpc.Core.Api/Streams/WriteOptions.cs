namespace Grpc.Core;

/// <summary>How messages are written. Immutable.</summary>
public class WriteOptions
{
    /// <summary>No flags: each message is flushed, and compressed where the call compresses.</summary>
    public static readonly WriteOptions Default = new();

    /// <summary>Options with the given flags.</summary>
    /// <param name="flags">Any combination; none by default.</param>
    public WriteOptions(WriteFlags flags = default) => Flags = flags;

    /// <summary>The flags.</summary>
    public WriteFlags Flags { get; }
}
