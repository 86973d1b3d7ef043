namespace Monitor.Protocol;

/// <summary>Finds the name that somebody probably meant, for messages about unknown names.</summary>
public static class NearestName
{
    /// <summary>The nearest of the known names, or null where none is near enough to be worth suggesting.</summary>
    /// <remarks>
    /// Near is: one begins with the other (<c>k8s_pod</c> for <c>k8s_pod_name</c>), or few edits apart (a third of the
    /// typed length, at least 2). Case does not count.
    /// </remarks>
    public static string? Find(string typed, IEnumerable<string> known)
    {
        string? nearest = null;
        var best = double.MaxValue;
        foreach (var name in known)
        {
            var distance = Distance(typed, name);
            if (distance < best)
            {
                best = distance;
                nearest = name;
            }
        }

        return best <= Math.Max(2, typed.Length / 3) ? nearest : null;
    }

    /// <summary>"did you mean 'x'? " with the nearest name, or nothing where none is near.</summary>
    /// <param name="typed">The unknown name.</param>
    /// <param name="known">The known ones.</param>
    /// <param name="prefix">What stands before names, such as two dashes.</param>
    public static string DidYouMean(string typed, IEnumerable<string> known, string prefix = "") =>
        Find(typed, known) is { } nearest ? $"did you mean '{prefix}{nearest}'? " : "";

    private static double Distance(string typed, string name)
    {
        if (typed.Length >= 3
            && (name.StartsWith(typed, StringComparison.OrdinalIgnoreCase)
                || typed.StartsWith(name, StringComparison.OrdinalIgnoreCase)))
        {
            // Among several that fit, the one that needs the least added.
            return 1 + Math.Abs(name.Length - typed.Length) / 100.0;
        }

        return EditDistance(typed, name);
    }

    // Damerau-Levenshtein (adjacent transpositions count one). Long input is not worth the quadratic cost.
    private static int EditDistance(string a, string b)
    {
        const int Longest = 64;
        if (a.Length > Longest || b.Length > Longest)
        {
            return int.MaxValue;
        }

        Span<int> before = stackalloc int[b.Length + 1];
        Span<int> previous = stackalloc int[b.Length + 1];
        Span<int> current = stackalloc int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = Same(a[i - 1], b[j - 1]) ? 0 : 1;
                var value = Math.Min(Math.Min(previous[j] + 1, current[j - 1] + 1), previous[j - 1] + cost);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                {
                    value = Math.Min(value, before[j - 2] + 1);
                }

                current[j] = value;
            }

            previous.CopyTo(before);
            current.CopyTo(previous);
        }

        return previous[b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
