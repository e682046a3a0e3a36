"""PLACEHOLDER for integration."""
from pymodbus.client import AsyncModbusTcpClient, AsyncModbusSerialClient
from drivers.bus import NoAnswer, Refused, LineDown
class PB:
    def __init__(self, mk): self.mk=mk; self.c=None
    async def _c(self):
        if self.c is None or not self.c.connected:
            self.c=self.mk(); 
            if not await self.c.connect(): raise LineDown("线路不通")
        return self.c
    async def read(self, unit, space, address, count, **k):
        c=await self._c()
        f={"coil":c.read_coils,"discrete":c.read_discrete_inputs,"input":c.read_input_registers,"holding":c.read_holding_registers}[space]
        try: r=await f(address,count=count,device_id=unit)
        except Exception as e: raise NoAnswer(f"无应答 {e}")
        if r.isError(): raise Refused(str(r), getattr(r,'exception_code',0))
        v=r.bits[:count] if space in("coil","discrete") else r.registers
        return tuple(int(x) for x in v)
    async def write(self, unit, function, address, values, **k):
        c=await self._c()
        try: r=await (c.write_coil(address, values[0]==0xFF00, device_id=unit) if function==5 else c.write_register(address, values[0], device_id=unit))
        except Exception as e: raise NoAnswer(str(e))
    async def close(self):
        if self.c: self.c.close()
def open_bus(type, port, baud, framing, host, tcp_port):
    if type=="modbus-tcp": return PB(lambda: AsyncModbusTcpClient(host, port=tcp_port, timeout=0.5, retries=0))
    return PB(lambda: AsyncModbusSerialClient(port, baudrate=baud, timeout=0.5, retries=0))
