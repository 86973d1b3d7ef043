using static Monitor.Server.Tests.Support.Http2Frame;

namespace Monitor.Fuzz.Inputs;

/// <summary>Frames of HTTP/2 (RFC 9113), right ones and others.</summary>
internal static class Http2Frames
{
    /// <summary>What a hostile client sends on one connection: a call, some frames that may be anything, or a flood.</summary>
    public static byte[] Random(Random random, IReadOnlyList<string> paths)
    {
        var path = paths[random.Next(paths.Count)];
        return random.Next(12) switch
        {
            0 => Repeat(random.Next(2000), i => [.. Make(1, 4, i * 2 + 1, Call(path)), .. Make(3, 0, i * 2 + 1, 0, 0, 0, 8)]),
            1 => Repeat(random.Next(3000), static _ => Make(6, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8)),
            2 => Repeat(random.Next(3000), static _ => Make(4, 0, 0, 0, 3, 0, 0, 0, 9)),
            3 => [.. Make(1, 0, 1, Call(path)), .. Repeat(random.Next(3000), static i => Make(9, 0, 1, Header($"x{i}", "y")))],
            4 => Repeat(random.Next(3000), static i => Make(8, 0, 0, 0, 0, 1, 0)),
            5 => Repeat(random.Next(300), i => [.. Make(1, 4, i * 2 + 1, Call(path)), .. Make(0, 1, i * 2 + 1, 0, 0, 0, 0, 0)]),
            6 => Repeat(random.Next(3000), static i => Make(0, 0, 1)),
            7 => Damage.Of([.. Make(1, 4, 1, Call(path)), .. Make(0, 1, 1, 0, 0, 0, 0, 0)], random),
            _ => Repeat(random.Next(1, 30), i => Any(random, path, i)),
        };
    }

    private static byte[] Any(Random random, string path, uint index)
    {
        var stream = random.Next(3) == 0 ? (uint)random.Next(4) : random.Next(8) == 0 ? (uint)random.NextInt64(uint.MaxValue) : index * 2 + 1;
        var payload = random.Next(3) == 0 ? Damage.Of(Call(path), random) : new byte[random.Next(20)];
        if (random.Next(2) == 0)
        {
            random.NextBytes(payload);
        }

        var frame = Make((byte)random.Next(random.Next(5) == 0 ? 256 : 11), (byte)random.Next(256), stream, payload);
        if (random.Next(20) == 0)
        {
            // Announces another length than it has.
            random.NextBytes(frame.AsSpan(0, 3));
        }

        return frame;
    }

    private static byte[] Repeat(int count, Func<uint, byte[]> make)
    {
        using var all = new MemoryStream();
        for (var i = 0u; i < count; i++)
        {
            all.Write(make(i));
        }

        return all.ToArray();
    }
}
