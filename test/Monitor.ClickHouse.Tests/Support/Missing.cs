namespace Monitor.ClickHouse.Tests;

/// <summary>What a test needs and is not on this machine.</summary>
internal static class Missing
{
    /// <summary>Skips the test, or fails it where nothing may be missing.</summary>
    public static void SkipUnless(bool there, string what)
    {
        if (!there)
        {
            Assert.That(Environment.GetEnvironmentVariable("CI_KERNEL_REQUIRED"), Is.Not.EqualTo("1"), $"needs {what}");
            Assert.Ignore($"needs {what}");
        }
    }
}
