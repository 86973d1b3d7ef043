using System.Diagnostics;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>A Python program that holds something open until it is disposed of. It says a line when it is ready, and after
/// each line that it is told.</summary>
internal sealed class ResidentPython : IDisposable
{
    private static readonly TimeSpan Patience = Limit.OfSeconds(60);

    private readonly Process _process;

    private ResidentPython(Process process) => _process = process;

    /// <summary>What it said first.</summary>
    public string FirstLine { get; private set; } = "";

    /// <summary>Starts one, with socket, os, sys, time and struct imported, and waits for its first line.</summary>
    public static ResidentPython Start(NetworkNamespace inside, string program)
    {
        var started = new ResidentPython(Process.Start(new ProcessStartInfo(
            "ip", ["netns", "exec", inside.Name, "python3", "-u", "-c", Command.PythonProgram(program)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!);
        try
        {
            started.FirstLine = started.ReadLine();
            return started;
        }
        catch
        {
            started.Dispose();
            throw;
        }
    }

    /// <summary>Tells it a line, and waits for its answer.</summary>
    public string Tell(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        return ReadLine();
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(Patience))
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private string ReadLine()
    {
        var line = _process.StandardOutput.ReadLineAsync();
        return line.Wait(Patience) && line.Result is { } text ? text : throw new AssertionException("the program said nothing");
    }
}
