namespace Monitor.Fuzz.Inputs;

/// <summary>Damages what was right: bytes changed, left out, doubled, put in, or cut off.</summary>
internal static class Damage
{
    private static readonly byte[] Telling = [0, 1, 0x7f, 0x80, 0xff, 0xfe, (byte)'"', (byte)'{', (byte)'[', (byte)'\\', (byte)'%'];

    /// <param name="whole">What was right; not changed.</param>
    /// <param name="random">Says where and how.</param>
    /// <param name="most">Most places that are damaged.</param>
    public static byte[] Of(ReadOnlySpan<byte> whole, Random random, int most = 6)
    {
        var bytes = new List<byte>(whole.ToArray());
        for (var n = random.Next(most + 1); n > 0; n--)
        {
            var at = random.Next(bytes.Count + 1);
            var length = Math.Min(random.Next(1, 12), bytes.Count - at);
            switch (random.Next(8))
            {
                case 0:
                    bytes.RemoveRange(at, length);
                    break;
                case 1:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 2:
                    bytes.Insert(at, Telling[random.Next(Telling.Length)]);
                    break;
                case 3 when random.Next(4) == 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 4 when at < bytes.Count:
                    bytes[at] = Telling[random.Next(Telling.Length)];
                    break;
                default:
                    if (at < bytes.Count)
                    {
                        bytes[at] = (byte)random.Next(256);
                    }

                    break;
            }
        }

        return [.. bytes];
    }
}
