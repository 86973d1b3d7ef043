using System.Globalization;

namespace Monitor.Server.Settings;

internal sealed class SizeFormat(long minimum, long maximum) : ValueFormat<long>
{
    private static readonly string[] Units = ["", "K", "M", "G", "T"];

    public override string ValueName => "SIZE";

    public override string Expected =>
        $"a size in bytes, with a unit if you like (64MiB, 1G), from {Format(minimum)} to {Format(maximum)}";

    /// <summary>The size with the largest unit that divides it: 67108864 is "64MiB".</summary>
    public static string Format(long bytes)
    {
        var unit = 0;
        while (bytes > 0 && bytes % 1024 == 0 && unit < Units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return bytes.ToString(CultureInfo.InvariantCulture) + (unit == 0 ? "" : Units[unit] + "iB");
    }

    public override bool TryParse(string text, out long value)
    {
        value = 0;
        var trimmed = text.AsSpan().Trim();
        var digits = trimmed.IndexOfAnyExceptInRange('0', '9');
        var number = digits < 0 ? trimmed : trimmed[..digits];
        var unit = digits < 0 ? "" : trimmed[digits..].Trim().ToString().ToUpperInvariant();
        var power = Array.FindIndex(Units, known => unit == known || unit == known + "B" || unit == known + "IB");
        if (power < 0
            || unit == "IB"
            || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count > long.MaxValue >> (10 * power))
        {
            return false;
        }

        value = count << (10 * power);
        return value >= minimum && value <= maximum;
    }
}
