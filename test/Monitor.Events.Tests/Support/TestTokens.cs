namespace Monitor.Events.Tests;

/// <summary>Texts that are no tokens.</summary>
internal static class TestTokens
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /// <summary>Tokens in which something was changed, and random text.</summary>
    public static IEnumerable<string> Damaged(Random random, string good, int count)
    {
        yield return "";
        yield return " ";
        yield return "====";
        yield return "é";
        yield return new string('A', 100_000);
        yield return good[..^1];
        yield return good + "A";
        yield return good + good;
        while (count-- > 0)
        {
            var bad = random.Next(3) switch
            {
                0 => Replace(random, good),
                1 => good[random.Next(1, good.Length)..],
                _ => new string(Enumerable.Range(0, random.Next(80)).Select(_ => Letter(random)).ToArray()),
            };
            // The last character carries bits that no byte has: text that differs in them only is the same token.
            if (bad.Length != good.Length || bad[..^1] != good[..^1])
            {
                yield return bad;
            }
        }
    }

    private static string Replace(Random random, string good)
    {
        var at = random.Next(good.Length);
        return string.Concat(good.AsSpan(0, at), [Letter(random)], good.AsSpan(at + 1));
    }

    private static char Letter(Random random) => Alphabet[random.Next(Alphabet.Length)];
}
