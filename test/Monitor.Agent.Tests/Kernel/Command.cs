using System.Diagnostics;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>Runs commands to their end; one that fails or hangs fails the test.</summary>
internal static class Command
{
    private static readonly TimeSpan Patience = Limit.OfSeconds(60);

    public static CommandResult Run(string file, params string[] arguments) => Run(Patience, file, arguments);

    /// <summary>Runs one that may take longer or shorter than others.</summary>
    public static CommandResult Run(TimeSpan patience, string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(patience))
        {
            process.Kill();
            throw new AssertionException($"{file} {string.Join(' ', arguments)} did not end");
        }

        return process.ExitCode == 0
            ? new CommandResult((uint)process.Id, output.Result.Trim())
            : throw new AssertionException($"{file} {string.Join(' ', arguments)} failed: {error.Result}");
    }

    /// <summary>Runs a Python program in the test's own namespaces.</summary>
    public static CommandResult Python(string program) => Run("python3", "-c", PythonProgram(program));

    /// <summary>With the modules that the tests use.</summary>
    public static string PythonProgram(string program) => $"import socket, os, sys, time, struct\n{program}";
}
