using System.Diagnostics;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>A server in a network namespace, from when it answers until it is disposed.</summary>
internal sealed class NameServer : IDisposable
{
    /// <summary>For Python: ask(name, ...) sends a question and returns the answer, or b'' after the timeout.</summary>
    public const string Client = """
        def message(name, kind=1, id=0x1234, flags=0x0100):
            labels = b''.join(bytes([len(l)]) + l.encode() for l in name.split('.') if l)
            return struct.pack('!6H', id, flags, 1, 0, 0, 0) + labels + struct.pack('!BHH', 0, kind, 1)
        def ask(name, kind=1, id=0x1234, server='127.0.0.1', port=53, tcp=False, source=None, timeout=10, connect=True):
            s = socket.socket(socket.AF_INET6 if ':' in server else socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
            s.settimeout(timeout)
            if source: s.bind(source)
            question = message(name, kind, id)
            try:
                if tcp:
                    s.connect((server, port)); s.sendall(struct.pack('!H', len(question)) + question)
                    data = b''
                    while len(data) < 2 or len(data) < 2 + struct.unpack('!H', data[:2])[0]:
                        part = s.recv(65536)
                        if not part: break
                        data += part
                    return data[2:]
                if connect: s.connect((server, port)); s.send(question)
                else: s.sendto(question, (server, port))
                return s.recv(65536)
            except OSError: return b''

        """;

    private readonly Process _process;

    private NameServer(NetworkNamespace inside, string ready, params string[] command)
    {
        _process = Process.Start("ip", ["netns", "exec", inside.Name, .. command]);
        // Answered before anything that a test looks for is asked.
        inside.Python(Client + $"""
            until = time.time() + 30
            while not ask('ready.test', timeout=0.2{ready}):
                assert time.time() < until
                time.sleep(0.05)
            """);
    }

    public uint Pid => (uint)_process.Id;

    /// <summary>dnsmasq.</summary>
    /// <param name="inside">Where.</param>
    /// <param name="port">Its port, on all addresses.</param>
    /// <param name="options">What it knows.</param>
    public static NameServer Dnsmasq(NetworkNamespace inside, int port, params string[] options) => new(
        inside, $", port={port}", ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-hosts", "--no-resolv",
            "--pid-file=", "--user=root", "--log-facility=/dev/null", $"--port={port}", "--local=/test/", .. options]);

    /// <summary>One that answers what a program says.</summary>
    /// <param name="inside">Where.</param>
    /// <param name="answer">Python: the body of a function of the question, its sender and the socket, which returns the
    /// answer.</param>
    /// <param name="address">Its address, at port 53 over UDP.</param>
    public static NameServer Python(NetworkNamespace inside, string answer, string address = "127.0.0.1") => new(
        inside, $", server='{address}'", "python3", "-c", Command.PythonProgram($"""
            def answer(q, sender, s):
            {string.Join('\n', answer.Split('\n').Select(line => $"    {line}"))}
            s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('{address}', 53))
            while True:
                q, sender = s.recvfrom(65536)
                a = q[:2] + b'\x81\x80' + q[4:] if b'ready' in q else answer(q, sender, s)
                if a: s.sendto(a, sender)
            """));

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
