using System.Diagnostics;

namespace Monitor.Bpf.Tests;

/// <summary>
/// This assembly as a process of its own, to be killed or to run without privileges.
/// </summary>
internal static class ChildProcess
{
    internal const string AttachAndWait = "attach-and-wait";

    internal const string LoadOnly = "load";

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
        if (arguments is not [AttachAndWait or LoadOnly])
        {
            Console.Error.WriteLine($"usage: {AttachAndWait} | {LoadOnly}");
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
}
