using System.Globalization;

namespace Monitor.Server.Settings;

internal sealed class IntegerFormat(long minimum, long maximum) : ValueFormat<long>
{
    public override string ValueName => "NUMBER";

    public override string Expected => maximum == long.MaxValue
        ? $"a whole number, {minimum} or more"
        : string.Create(CultureInfo.InvariantCulture, $"a whole number from {minimum} to {maximum}");

    public override bool TryParse(string text, out long value) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
        && value >= minimum
        && value <= maximum;
}
