using System.ComponentModel;
using System.Diagnostics;

namespace Monitor.Server.Tests.Metrics;

/// <summary>Prometheus' own word on metrics, rules and queries.</summary>
internal static class Promtool
{
    /// <summary>Fails where promtool does.</summary>
    /// <returns>What it has said.</returns>
    public static async Task<string> RunAsync(string input, params string[] arguments)
    {
        using var promtool = Start(arguments);
        await promtool.StandardInput.WriteAsync(input);
        promtool.StandardInput.Close();
        var said = await promtool.StandardOutput.ReadToEndAsync() + await promtool.StandardError.ReadToEndAsync();
        await promtool.WaitForExitAsync();
        Assert.That(promtool.ExitCode, Is.Zero, said);
        return said;
    }

    private static Process Start(string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("promtool", arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (Win32Exception)
        {
            throw new AssertionException("there is no promtool to test with: apt-get install prometheus, as ./build.sh test does");
        }
    }
}
