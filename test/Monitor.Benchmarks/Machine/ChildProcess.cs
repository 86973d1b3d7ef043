using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;

namespace Monitor.Benchmarks.Machine;

/// <summary>A process of this benchmark, and the lines it prints. Disposing kills it, if it has not ended.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly string _name;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly Task _reading;
    private string _lastLine = "";

    private ChildProcess(string name, Process process)
    {
        _name = name;
        _process = process;
        _reading = ReadAllAsync();
    }

    /// <summary>Process id; that of the program itself, which taskset becomes.</summary>
    public int Id => _process.Id;

    /// <summary>User and system time of all its threads so far, of those that have ended too. Steps of 10 ms.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Resident memory in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <param name="cpu">The CPU that it must stay on; null for any.</param>
    /// <param name="file">Path of the program.</param>
    /// <param name="arguments">Its arguments.</param>
    public static ChildProcess Start(int? cpu, string file, params IEnumerable<string> arguments)
    {
        string[] command = cpu is null ? [file, .. arguments]
            : ["taskset", "-c", cpu.Value.ToString(CultureInfo.InvariantCulture), file, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        return new ChildProcess(Path.GetFileName(file), Process.Start(start)!);
    }

    /// <summary>Reads lines of either output up to one that is wanted.</summary>
    /// <exception cref="BenchmarkException">The process ends first, or says nothing of the kind in time.</exception>
    public async Task<string> WaitForLineAsync(Func<string, bool> isWanted, TimeSpan? patience = null)
    {
        using var timeout = new CancellationTokenSource(patience ?? Patience);
        try
        {
            await foreach (var line in _lines.Reader.ReadAllAsync(timeout.Token))
            {
                _lastLine = line;
                if (isWanted(line))
                {
                    return line;
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new BenchmarkException($"{_name} did not say in time what was waited for; its last line was: {_lastLine}");
        }

        throw new BenchmarkException($"{_name} has ended; its last line was: {_lastLine}");
    }

    /// <summary>Writes a line to its input.</summary>
    public Task TellAsync(string line) => _process.StandardInput.WriteLineAsync(line);

    /// <summary>Lets it know, by the end of its input, that it has done enough.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Sends SIGTERM.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Waits for the end, which must be a good one.</summary>
    /// <exception cref="BenchmarkException">Another exit code than 0, or no end in time.</exception>
    public async Task EndAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            throw new BenchmarkException($"{_name} does not end");
        }

        if (_process.ExitCode != 0)
        {
            throw new BenchmarkException($"{_name} ended with exit code {_process.ExitCode}; its last line was: {_lastLine}");
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.WaitForExit();
        _reading.Wait();
        _process.Dispose();
    }

    private async Task ReadAllAsync()
    {
        await Task.WhenAll(ReadAsync(_process.StandardOutput), ReadAsync(_process.StandardError));
        _lines.Writer.Complete();
    }

    private async Task ReadAsync(StreamReader from)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            await _lines.Writer.WriteAsync(line);
        }
    }
}
