using System.Globalization;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>How long tests wait for what they expect.</summary>
internal static class Limit
{
    private static readonly int Factor =
        int.Parse(Environment.GetEnvironmentVariable("LIMIT_FACTOR") ?? "1", CultureInfo.InvariantCulture);

    /// <summary>So many seconds on an ordinary machine; as many times longer as LIMIT_FACTOR says on a slow one.</summary>
    public static TimeSpan OfSeconds(int seconds) => TimeSpan.FromSeconds(seconds * Factor);
}
