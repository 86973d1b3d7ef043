using System.Diagnostics.CodeAnalysis;
using Monitor.Protocol;

namespace Monitor.Server;

/// <summary>Where a stream is while it gets from the archive what the log has no more.</summary>
internal sealed record ReplayToken
{
    // Kind and version of the content; see OpaqueToken.
    private const byte Kind = 0x42;

    /// <summary>Most runs: 20 000 agents, or 1000 that were started 20 times. A question to the archive names each.</summary>
    public const int MaxParts = 20_000;

    /// <summary>The stream's begin, in nanoseconds since 1970.</summary>
    public required long Since { get; init; }

    /// <summary>The log, and the place in it from which on it has what follows.</summary>
    public required ulong LogEpoch { get; init; }

    /// <inheritdoc cref="LogEpoch"/>
    public required long Position { get; init; }

    /// <summary>What comes from the archive.</summary>
    public required ArchiveRuns Runs { get; init; }

    /// <summary>The last event of it that the client has; null where it has none.</summary>
    public required EventKey? Last { get; init; }

    public static bool TryParse(string text, [NotNullWhen(true)] out ReplayToken? token)
    {
        token = null;
        if (!OpaqueToken.TryDecode(text, Kind, out var bytes))
        {
            return false;
        }

        var content = new WireReader(bytes);
        if (!content.TryReadVarint(out var hasLast)
            || hasLast > 1
            || !content.TryReadFixed64(out var since)
            || !content.TryReadFixed64(out var logEpoch)
            || !content.TryReadVarint(out var position)
            || position > long.MaxValue)
        {
            return false;
        }

        EventKey? last = null;
        if (hasLast == 1)
        {
            if (!content.TryReadFixed64(out var time) || !content.TryReadFixed64(out var epoch) || !content.TryReadFixed64(out var sequence))
            {
                return false;
            }

            last = new EventKey((long)time, epoch, sequence);
        }

        var parts = new Dictionary<ulong, RunPart>();
        while (!content.AtEnd)
        {
            if (!content.TryReadFixed64(out var epoch)
                || !content.TryReadVarint(out var after)
                || !content.TryReadVarint(out var upTo)
                || upTo < after
                || parts.Count == MaxParts
                || !parts.TryAdd(epoch, new RunPart(epoch, after, upTo)))
            {
                return false;
            }
        }

        token = new ReplayToken
        {
            Since = (long)since,
            LogEpoch = logEpoch,
            Position = (long)position,
            Runs = new ArchiveRuns([.. parts.Values], HasOthers: false),
            Last = last,
        };
        return true;
    }

    public override string ToString()
    {
        const int MostBesideParts = 6 * WireWriter.MaxVarintBytes;
        const int MostOfPart = 3 * WireWriter.MaxVarintBytes;
        var buffer = new byte[MostBesideParts + MostOfPart * Runs.Parts.Count];
        var content = new WireWriter(buffer);
        content.Varint(Last is null ? 0u : 1u);
        content.Fixed64((ulong)Since);
        content.Fixed64(LogEpoch);
        content.Varint((ulong)Position);
        if (Last is { } last)
        {
            content.Fixed64((ulong)last.Time);
            content.Fixed64(last.Epoch);
            content.Fixed64(last.Sequence);
        }

        foreach (var part in Runs.Parts)
        {
            content.Fixed64(part.Epoch);
            content.Varint(part.After);
            content.Varint(part.UpTo);
        }

        return OpaqueToken.Encode(Kind, content.Written);
    }
}
