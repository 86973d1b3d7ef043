using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests;

/// <summary>A real agent or aggregator, started by its launcher as a user does; stopped with the test.</summary>
internal sealed partial class ServerProcess : IDisposable
{
    public const string Agent = "monitor-agent";

    public const string Aggregator = "monitor-aggregator";

    private static readonly TimeSpan Patience = Limit.OfSeconds(60);

    private readonly Process _process;
    private readonly ServerSetup _setup;
    private readonly StringBuilder _error = new();
    private readonly TaskCompletionSource<bool> _up = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(ProcessStartInfo start, ServerSetup? setup = null)
    {
        _setup = setup ?? new ServerSetup();
        foreach (var (name, value) in (_setup.Clock?.Environment ?? new Dictionary<string, string>()).Concat(_setup.Environment))
        {
            start.Environment[name] = value;
        }

        var log = _setup.LogDisk is null ? null : LoggedOn(_setup.LogDisk, start);
        start.RedirectStandardError = true;
        start.RedirectStandardOutput = true;
        _process = Process.Start(start)!;
        Output = _process.StandardOutput.ReadToEndAsync();
        if (log is null)
        {
            _process.ErrorDataReceived += (_, line) => OnError(line.Data);
            _process.BeginErrorReadLine();
        }
        else
        {
            _ = FollowAsync(log);
        }
    }

    public int Id => _process.Id;

    public string HttpUrl { get; private set; } = "";

    /// <summary>Address and port of <see cref="HttpUrl"/>.</summary>
    public string HttpTarget => new Uri(HttpUrl).Authority;

    public string GrpcTarget { get; private set; } = "";

    /// <summary>What it wrote to standard output, once it has ended.</summary>
    public Task<string> Output { get; }

    /// <summary>What it has written to standard error.</summary>
    public string Error
    {
        get
        {
            lock (_error)
            {
                return _error.ToString();
            }
        }
    }

    /// <summary>Starts one of the programs on free ports and waits until it listens.</summary>
    public static Task<ServerProcess> StartAsync(string program, params string[] arguments) =>
        StartAsync(new ServerSetup(), program, arguments);

    /// <summary>The same with what the test gave it.</summary>
    public static Task<ServerProcess> StartAsync(ServerSetup setup, string program, params string[] arguments) =>
        UpAsync(program, Launch(program, null, ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", .. arguments], setup));

    /// <summary>Starts one of the programs behind another command, such as nsenter, and waits until it listens.</summary>
    public static Task<ServerProcess> StartBehindAsync(
        string program, string command, string[] options, params string[] arguments) =>
        StartBehindAsync(new ServerSetup(), program, command, options, arguments);

    /// <summary>The same with what the test gave it.</summary>
    public static Task<ServerProcess> StartBehindAsync(
        ServerSetup setup, string program, string command, string[] options, params string[] arguments) =>
        UpAsync(program, new ServerProcess(new ProcessStartInfo(command, [.. options, Launcher(program), .. arguments]), setup));

    private static async Task<ServerProcess> UpAsync(string program, ServerProcess server)
    {
        if (await Task.WhenAny(server._up.Task, Task.Delay(Patience)) != server._up.Task || !await server._up.Task)
        {
            server.Dispose();
            throw new AssertionException($"{program} did not come up:\n{server.Error}");
        }

        return server;
    }

    /// <summary>Starts one of the programs, that is expected to end by itself, and waits for that.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string program, IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        using var server = Launch(program, environment, arguments);
        return (await server.ExitAsync(), await server.Output, server.Error);
    }

    /// <summary>The same behind another command, such as setpriv.</summary>
    public static async Task<(int ExitCode, string Error)> RunBehindAsync(
        string program, string command, string[] options, params string[] arguments)
    {
        using var server = new ServerProcess(new ProcessStartInfo(command, [.. options, Launcher(program), .. arguments]));
        return (await server.ExitAsync(), server.Error);
    }

    /// <summary>Sends a signal, by its name without SIG.</summary>
    public void Signal(string name) => Process.Start("kill", [$"-{name}", $"{Id}"]).WaitForExit();

    /// <summary>Waits until it has ended, by itself.</summary>
    public async Task<int> ExitAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    /// <summary>What /api/programs says of the programs that it was asked to load, whether they run or not.</summary>
    public async Task<IReadOnlyList<JsonElement>> LoadedProgramsAsync() =>
    [
        .. (await GetAsync("/api/programs")).GetProperty("programs").EnumerateArray()
            .Where(program => program.GetProperty("status").GetString() != "disabled"),
    ];

    public async Task<JsonElement> GetAsync(string path)
    {
        using var client = _setup.Http();
        return JsonDocument.Parse(await client.GetStringAsync(HttpUrl + path)).RootElement;
    }

    /// <summary>A socket connected to the REST port.</summary>
    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPEndPoint.Parse(HttpTarget));
        return socket;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static ServerProcess Launch(
        string program, IReadOnlyDictionary<string, string>? environment, string[] arguments, ServerSetup? setup = null)
    {
        // A shell that runs the tests in the background has them, and what they start, ignore Ctrl-C.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", Launcher(program), .. arguments]);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new ServerProcess(start, setup);
    }

    private static string Launcher(string program) => Path.Combine(Artifacts(), "bin", program);

    /// <summary>The folder artifacts/ that this test was built into.</summary>
    public static string Artifacts()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "bin", Agent)))
            {
                return folder;
            }
        }

        throw new AssertionException("artifacts/bin/monitor-agent is not there: run ./build.sh");
    }

    // A shell, because only that can append to a file, as what keeps logs does.
    private static string LoggedOn(SmallDisk disk, ProcessStartInfo start)
    {
        var log = Path.Combine(disk.Folder, $"{Guid.NewGuid():N}.log");
        string[] arguments = ["-c", "exec \"$@\" 2>>\"$0\"", log, start.FileName, .. start.ArgumentList];
        start.FileName = "sh";
        start.ArgumentList.Clear();
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        File.WriteAllText(log, "");
        return log;
    }

    private async Task FollowAsync(string log)
    {
        using var reader = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        var line = new StringBuilder();
        var buffer = new char[4096];
        while (true)
        {
            // Asked before the file is read, so that nothing is missed of a program that has ended.
            var hasEnded = _process.HasExited;
            var length = await reader.ReadAsync(buffer);
            foreach (var c in buffer.Take(length))
            {
                if (c == '\n')
                {
                    OnError(line.ToString());
                    line.Clear();
                }
                else
                {
                    line.Append(c);
                }
            }

            if (length == 0 && hasEnded)
            {
                OnError(null);
                return;
            }

            if (length == 0)
            {
                await Task.Delay(50);
            }
        }
    }

    private void OnError(string? line)
    {
        if (line is null)
        {
            _up.TrySetResult(false);
            return;
        }

        lock (_error)
        {
            _error.AppendLine(line);
        }

        if (RestLine().Match(line) is { Success: true } rest)
        {
            HttpUrl = rest.Groups[1].Value;
        }
        else if (GrpcLine().Match(line) is { Success: true } grpc)
        {
            GrpcTarget = grpc.Groups[1].Value;
            _up.TrySetResult(true);
        }
    }

    [GeneratedRegex(@"^REST on (https?://\S+)")]
    private static partial Regex RestLine();

    [GeneratedRegex(@"^gRPC on (\S+)")]
    private static partial Regex GrpcLine();
}
