using Monitor.Events;
using Monitor.Sandbox.Files;

namespace Monitor.History;

/// <summary>The folder of a history, which one program at a time writes to, and nobody else.</summary>
internal static class HistoryFolder
{
    /// <summary>Makes the folder where it is missing, and takes it for this process until the file is closed.</summary>
    /// <exception cref="HistoryException">It cannot be used; it says why, and what helps.</exception>
    public static FileStream Lock(string folder)
    {
        try
        {
            // .NET makes it before it looks whether it is there, and this process may not be allowed to.
            if (!Directory.Exists(folder))
            {
                Directory.CreateDirectory(folder);
            }

            RefuseIfOthersWrite(folder);
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
            {
                // Whoever can open it can hold it, and the program would not start.
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            var path = Path.Combine(folder, "lock");
            HistoryFile.RefuseLink(path);
            return new FileStream(path, options);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new HistoryException(
                $"the history in '{folder}' cannot be used: {HistoryLog.ReasonOf(failure)}. Give a folder that this program may write to, "
                + "and that no other server uses.",
                failure);
        }
    }

    // A group may: that of a pod's volumes has its program alone in it. So may others in a folder above: in that of an emptyDir
    // everybody may write, of whom there is nobody else.
    private static void RefuseIfOthersWrite(string folder)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(folder) & UnixFileMode.OtherWrite) != 0)
        {
            throw new HistoryException(
                $"the history in '{folder}' cannot be used: every user of this machine may write there, and could make up what happened. "
                + $"Give a folder of its own, or: chmod o-w '{folder}'");
        }

        if (FileOwner.Of(folder) is { IsOfRootOrOwn: false } owner)
        {
            throw new HistoryException(
                $"the history in '{folder}' cannot be used: it belongs to user {owner.UserId}, who could make up what happened. "
                + $"Give a folder of its own, or: chown {Environment.UserName} '{folder}'");
        }
    }
}
