using System.Text;
using Monitor.Protocol;

namespace Monitor.Server;

/// <summary>Where a page ended of a list that goes on from the log into the archive.</summary>
internal readonly record struct ArchivePageToken
{
    // Kind and version of the content; see OpaqueToken.
    private const byte Kind = 0x41;

    /// <summary>Fingerprint of the filter, as the client gave it.</summary>
    public required ulong Filter { get; init; }

    /// <summary>The last event of the page.</summary>
    public required EventKey Last { get; init; }

    /// <summary>Where the list goes on in the log: the log's own token, empty for its beginning, null where it is at its end.</summary>
    public required string? Log { get; init; }

    public static bool TryParse(string text, out ArchivePageToken token)
    {
        token = default;
        if (!OpaqueToken.TryDecode(text, Kind, out var bytes))
        {
            return false;
        }

        var content = new WireReader(bytes);
        if (!content.TryReadFixed64(out var filter)
            || !content.TryReadFixed64(out var time)
            || !content.TryReadFixed64(out var epoch)
            || !content.TryReadFixed64(out var sequence)
            || !content.TryReadVarint(out var isInLog)
            || isInLog > 1)
        {
            return false;
        }

        token = new ArchivePageToken
        {
            Filter = filter,
            Last = new EventKey((long)time, epoch, sequence),
            Log = isInLog == 1 ? Encoding.ASCII.GetString(bytes.AsSpan(content.Position)) : null,
        };
        return true;
    }

    public override string ToString()
    {
        var log = Encoding.ASCII.GetBytes(Log ?? "");
        var buffer = new byte[4 * sizeof(ulong) + 1 + log.Length];
        var content = new WireWriter(buffer);
        content.Fixed64(Filter);
        content.Fixed64((ulong)Last.Time);
        content.Fixed64(Last.Epoch);
        content.Fixed64(Last.Sequence);
        content.Varint(Log is null ? 0u : 1u);
        log.CopyTo(buffer, content.Written.Length);
        return OpaqueToken.Encode(Kind, buffer);
    }
}
