using System.Diagnostics;

namespace Monitor.Bpf.Tests;

/// <summary>
/// This assembly as a process of its own, to be killed or to run without privileges.
/// </summary>
internal static class ChildProcess
{
    internal const string AttachAndWait = "attach-and-wait";

    internal const string LoadOnly = "load";

    /// <summary>Loads each file whose path it reads, and writes a line: that it did, or why it was refused.</summary>
    internal const string LoadEach = "load-each";

    /// <summary>The line of a file that was loaded.</summary>
    internal const string Loaded = "loaded";

    /// <param name="mode">What it does.</param>
    /// <param name="wrapper">A program and its arguments that start it, such as setpriv.</param>
    internal static Process Start(string mode, params string[] wrapper)
    {
        string[] command = [.. wrapper, Environment.ProcessPath!, typeof(ChildProcess).Assembly.Location, mode];
        return Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        })!;
    }

    private static int Main(string[] arguments)
    {
        if (arguments is [LoadEach])
        {
            while (Console.ReadLine() is { } path)
            {
                Console.WriteLine(Load(path));
            }

            return 0;
        }

        if (arguments is not [AttachAndWait or LoadOnly])
        {
            Console.Error.WriteLine($"usage: {AttachAndWait} | {LoadOnly} | {LoadEach}");
            return 2;
        }

        using var connects = TestObjects.Open("connects");
        try
        {
            connects.Load();
        }
        catch (BpfException e) when (arguments[0] == LoadOnly)
        {
            Console.WriteLine(e.Message);
            return 1;
        }

        using var link = connects.Program("on_connect4").AttachCgroup(Attaching.CgroupMount.Find()!);
        Console.WriteLine(connects.Program("on_connect4").GetStatistics().Id);
        Console.In.ReadLine();
        return 0;
    }

    private static string Load(string path)
    {
        try
        {
            using var opened = BpfObject.Open(path);
            opened.Load();
            return Loaded;
        }
        catch (BpfException refused)
        {
            return refused.Message.ReplaceLineEndings(" ");
        }
    }
}
