using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Monitor.Aggregator.Links;

/// <summary>
/// Reads answers of agents within bounds of memory. Two bytes can be an object of a hundred, so what an answer takes is estimated before
/// it is parsed, and fields that nobody knows are not kept.
/// </summary>
internal static class AgentAnswer
{
    private const int MessageCost = 64;
    private const int FieldCost = 12;
    private const int TextCost = 32;
    private const int ScalarCost = 8;

    // Answers are four deep.
    private const int MaxDepth = 16;

    /// <summary>A method whose answers are bounded.</summary>
    /// <param name="descriptor">The method.</param>
    /// <param name="maxCost">Most bytes that an answer may take in memory, as estimated.</param>
    /// <param name="maxMessages">Most messages that it may have in it, those in them not counted.</param>
    public static Method<TRequest, TResponse> Method<TRequest, TResponse>(MethodDescriptor descriptor, int maxCost, int maxMessages = int.MaxValue)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var parser = ((MessageParser<TResponse>)descriptor.OutputType.Parser).WithDiscardUnknownFields(true);
        return new(
            MethodType.Unary,
            descriptor.Service.FullName,
            descriptor.Name,
            new Marshaller<TRequest>(
                static request => request.ToByteArray(), static _ => throw new NotSupportedException("Agents read these.")),
            new Marshaller<TResponse>(
                static (_, _) => throw new NotSupportedException("Agents send these."),
                context => Read(descriptor.OutputType, parser, context.PayloadAsReadOnlySequence().ToArray(), maxCost, maxMessages)));
    }

    /// <summary>What a message takes in memory, as estimated.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="bytes">It.</param>
    /// <returns>Bytes.</returns>
    /// <exception cref="InvalidProtocolBufferException">It is not one, or nested too deep.</exception>
    /// <param name="messages">How many messages it has in it, those in them not counted.</param>
    public static long CostOf(MessageDescriptor type, byte[] bytes, out int messages)
    {
        messages = 0;
        return CostOf(type, new CodedInputStream(bytes), MaxDepth, ref messages);
    }

    private static T Read<T>(MessageDescriptor type, MessageParser<T> parser, byte[] bytes, int maxCost, int maxMessages)
        where T : IMessage<T>
    {
        var cost = CostOf(type, bytes, out var messages);
        return messages > maxMessages ? throw new InvalidDataException($"the answer has {messages} parts, and was asked for {maxMessages} at most")
            : cost > maxCost ? throw new InvalidDataException($"the answer would take more than {maxCost >> 20} MiB of memory")
            : parser.ParseFrom(bytes);
    }

    private static long CostOf(MessageDescriptor type, CodedInputStream input, int depth, ref int messages)
    {
        var inner = 0;
        if (depth == 0)
        {
            throw new InvalidDataException("the answer is nested too deep");
        }

        // An object has room for all of its fields.
        long cost = MessageCost + (FieldCost * type.Fields.InDeclarationOrder().Count);
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            var field = type.FindFieldByNumber(WireFormat.GetTagFieldNumber(tag));
            if (field is null || WireFormat.GetTagWireType(tag) != WireFormat.WireType.LengthDelimited)
            {
                input.SkipLastField();
                cost += field is null ? 0 : ScalarCost;
                continue;
            }

            var bytes = input.ReadBytes();
            messages += field.FieldType == FieldType.Message ? 1 : 0;
            cost += field.FieldType switch
            {
                FieldType.Message => CostOf(field.MessageType, bytes.CreateCodedInput(), depth - 1, ref inner),
                FieldType.String => TextCost + (2L * bytes.Length),
                FieldType.Bytes => TextCost + bytes.Length,
                // Packed, a byte each at the least.
                _ => ScalarCost * (long)bytes.Length,
            };
        }

        return cost;
    }
}
